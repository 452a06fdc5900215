//! Numbers as JavaScript writes them.

/// A number as `String(number)` has it: the shortest digits that read back, `1e+21`, `0` for minus zero.
pub(crate) fn shown(number: f64) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let check = |number: f64, text: &str| assert_eq!(shown(number), text);
        check(1.0, "1");
        check(-0.0, "0");
        check(0.1 + 0.2, "0.30000000000000004");
        check(1e21, "1e+21");
        check(123_456_789_012_345_680_000.0, "123456789012345680000");
        check(1e-7, "1e-7");
        check(0.000_001, "0.000001");
        check(5e-324, "5e-324");
        check(f64::INFINITY, "Infinity");
    }
}
