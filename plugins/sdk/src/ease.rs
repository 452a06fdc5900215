//! Conversions into the types that `world!` makes in the guest's crate.

/// Makes this crate's plain types lead to the guest's own with `into()`, for the interfaces named. It stands in the
/// module of [`world!`](crate::world), whose world has to export them:
///
/// - `lifecycle`: [`Fault`](crate::config::Fault) into `Problem`
/// - `channel`: [`Delivered`](crate::delivery::Delivered) into `Delivery`
/// - `webhook`: [`Reply`](crate::webhook::Reply) into `Response` and `Outcome`,
///   [`ReplyThen`](crate::webhook::ReplyThen) into `Outcome`; `Request::header`, `Request::form` and `Request::queried`
/// - `tool`: `Output::text`, `Output::json`, `Output::error`; `Invocation::parse`
#[macro_export]
macro_rules! ease {
    ($($interface:ident),* $(,)?) => { $($crate::__ease!($interface);)* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ease {
    (lifecycle) => {
        impl ::core::convert::From<$crate::config::Fault>
            for exports::overgrow::plugin::lifecycle::Problem
        {
            fn from(fault: $crate::config::Fault) -> Self {
                Self {
                    path: fault.path,
                    message: fault.message,
                }
            }
        }
    };
    (channel) => {
        impl ::core::convert::From<$crate::delivery::Parts>
            for exports::overgrow::plugin::channel::Receipt
        {
            fn from(parts: $crate::delivery::Parts) -> Self {
                Self {
                    message_ids: parts.message_ids,
                    conversation: parts.conversation,
                    sent_at: parts.sent_at,
                    extra: parts.extra,
                }
            }
        }

        impl ::core::convert::From<$crate::delivery::Delivered>
            for exports::overgrow::plugin::channel::Delivery
        {
            fn from(delivered: $crate::delivery::Delivered) -> Self {
                use $crate::delivery::Delivered;
                match delivered {
                    Delivered::Sent(parts) => Self::Sent(parts.into()),
                    Delivered::Partial(parts, retry, why) => {
                        Self::Partial((parts.into(), retry, why))
                    }
                    Delivered::Failed(retry, why) => Self::Failed((retry, why)),
                    Delivered::Unsupported => Self::Unsupported,
                }
            }
        }
    };
    (webhook) => {
        impl ::core::convert::From<$crate::webhook::Reply>
            for exports::overgrow::plugin::webhook::Response
        {
            fn from(reply: $crate::webhook::Reply) -> Self {
                Self {
                    status: reply.status,
                    headers: reply.headers,
                    body: reply.body,
                }
            }
        }

        impl ::core::convert::From<$crate::webhook::Reply>
            for exports::overgrow::plugin::webhook::Outcome
        {
            fn from(reply: $crate::webhook::Reply) -> Self {
                Self::Reply(reply.into())
            }
        }

        impl ::core::convert::From<$crate::webhook::ReplyThen>
            for exports::overgrow::plugin::webhook::Outcome
        {
            fn from(then: $crate::webhook::ReplyThen) -> Self {
                Self::ReplyThen((then.reply.into(), then.job, then.payload))
            }
        }

        #[allow(dead_code, reason = "a plugin takes of these what it needs")]
        impl exports::overgrow::plugin::webhook::Request {
            /// The first header of that name, in any case.
            pub fn header(&self, name: &str) -> ::core::option::Option<&str> {
                $crate::headers::first(&self.headers, name)
            }
            /// The body as the pairs of a form.
            pub fn form(&self) -> ::std::vec::Vec<(::std::string::String, ::std::string::String)> {
                $crate::form::parse(&self.body)
            }
            /// The pairs of the query.
            pub fn queried(
                &self,
            ) -> ::std::vec::Vec<(::std::string::String, ::std::string::String)> {
                $crate::form::parse(self.query.as_deref().unwrap_or_default().as_bytes())
            }
        }
    };
    (tool) => {
        #[allow(dead_code, reason = "a plugin takes of these what it needs")]
        impl exports::overgrow::plugin::tool::Output {
            /// A text for the agent.
            pub fn text(text: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self {
                    content: ::std::vec![exports::overgrow::plugin::tool::Content::Text(
                        text.into()
                    )],
                    details: ::core::option::Option::None,
                    is_error: false,
                }
            }
            /// A value for the agent; an error for one that JSON cannot hold.
            pub fn json<T: ?Sized + $crate::serde::Serialize>(
                value: &T,
            ) -> ::core::result::Result<Self, $crate::Failure> {
                let text = $crate::serde_json::to_string(value)?;
                ::core::result::Result::Ok(Self {
                    content: ::std::vec![exports::overgrow::plugin::tool::Content::Json(text)],
                    details: ::core::option::Option::None,
                    is_error: false,
                })
            }
            /// Tells the agent what it did wrong.
            pub fn error(text: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self {
                    is_error: true,
                    ..Self::text(text)
                }
            }
        }

        #[allow(dead_code, reason = "a plugin takes of these what it needs")]
        impl exports::overgrow::plugin::tool::Invocation {
            /// The arguments as a value; `bad-json` when they are none.
            pub fn parse<T: $crate::serde::de::DeserializeOwned>(
                &self,
            ) -> ::core::result::Result<T, $crate::Failure> {
                ::core::result::Result::Ok($crate::serde_json::from_str(&self.arguments)?)
            }
        }
    };
}
