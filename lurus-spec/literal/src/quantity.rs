//! Comes in: the text of a size or a duration, and its units. Goes out: the number of the smallest unit, or the text of
//! one. Must not know: which of the two it is.

use alloc::format;
use alloc::string::String;

/// The symbol of a unit, and how many of the smallest unit it is.
pub(crate) type Unit = (&'static str, u64);

/// The number of the smallest unit that a text such as `512MiB` means, or why it means none.
pub(crate) fn parse(text: &str, units: &[Unit], example: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, symbol) = text.split_at(digits);
    let known = || {
        units
            .iter()
            .map(|(symbol, _)| format!("`{symbol}`"))
            .collect::<alloc::vec::Vec<_>>()
            .join(", ")
    };
    if number.is_empty() {
        return Err(format!(
            "it does not begin with a digit; write one such as `{example}`"
        ));
    }
    if number.len() > 1 && number.starts_with('0') {
        return Err(format!(
            "it has a leading zero; write one such as `{example}`"
        ));
    }
    if symbol.is_empty() {
        return Err(format!(
            "it has no unit; write one of {} after the number",
            known()
        ));
    }
    if symbol.starts_with(['.', ',']) {
        return Err(format!(
            "it has a fraction; write a whole number of a smaller unit, as in `{example}`"
        ));
    }
    let Some((_, factor)) = units.iter().find(|(known, _)| *known == symbol) else {
        let symbol = symbol.escape_debug();
        return Err(format!(
            "`{symbol}` is not one of its units; write one of {}, as in `{example}`",
            known()
        ));
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*factor))
        .ok_or_else(|| {
            let largest = print(u64::MAX, units);
            format!("it is over the largest, `{largest}`")
        })
}

/// The text in the largest unit that divides the number. The units come with the largest first.
pub(crate) fn print(number: u64, units: &[Unit]) -> String {
    let exact = |(_, factor): &&Unit| number != 0 && number.is_multiple_of(*factor);
    match units.iter().find(exact).or(units.last()) {
        Some((symbol, factor)) => format!("{}{symbol}", number / factor),
        None => format!("{number}"),
    }
}
