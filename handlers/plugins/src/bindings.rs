//! What `wit/0.1` says, as Rust: generated, nothing is written here by hand.

wasmtime::component::bindgen!({
    path: "../../wit/0.1",
    world: "everything",
    imports: {
        "overgrow:plugin/log": trappable,
        "overgrow:plugin/env.now": trappable,
        "overgrow:plugin/env.monotonic": trappable,
        "overgrow:plugin/env.random": trappable,
        "overgrow:plugin/config": trappable,
        "overgrow:plugin/secrets.[method]secret.sign": trappable,
        "overgrow:plugin/secrets.[method]secret.matches": trappable,
        "overgrow:plugin/secrets.[method]secret.reveal": trappable,
        "overgrow:plugin/http.[method]response.head": trappable,
        "overgrow:plugin/media.[method]blob.info": trappable,
        default: async | trappable,
    },
    exports: { default: async },
    with: {
        "overgrow:plugin/secrets.secret": crate::host::Secret,
        "overgrow:plugin/http.response": crate::host::Response,
        "overgrow:plugin/media.blob": crate::host::Blob,
        "overgrow:plugin/process.child": crate::host::Child,
    },
});
