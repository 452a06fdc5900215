//! Log lines with fields: `info!("sent a message", chat = id, parts = 2)`.

/// Writes a line at a level, which is the first argument. The others' macros are what people call.
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $message:expr $(, $key:ident = $value:expr)* $(,)?) => {
        $crate::host::log::write(
            $crate::host::log::Level::$level,
            &::std::string::ToString::to_string(&$message),
            &[$((
                ::std::string::String::from(stringify!($key)),
                ::std::string::ToString::to_string(&$value),
            )),*],
        )
    };
}

/// Something to follow a call by, step by step: a message, then fields as `key = value`.
#[macro_export]
macro_rules! trace { ($($line:tt)*) => { $crate::__log!(Trace, $($line)*) }; }

/// Something that helps to find a fault: a message, then fields as `key = value`.
#[macro_export]
macro_rules! debug { ($($line:tt)*) => { $crate::__log!(Debug, $($line)*) }; }

/// Something that an operator may want to know: a message, then fields as `key = value`.
#[macro_export]
macro_rules! info { ($($line:tt)*) => { $crate::__log!(Info, $($line)*) }; }

/// Something that an operator should look at: a message, then fields as `key = value`.
#[macro_export]
macro_rules! warn { ($($line:tt)*) => { $crate::__log!(Warn, $($line)*) }; }

/// Something that went wrong and stays so: a message, then fields as `key = value`.
#[macro_export]
macro_rules! error { ($($line:tt)*) => { $crate::__log!(Error, $($line)*) }; }
