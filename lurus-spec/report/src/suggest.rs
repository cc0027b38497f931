//! Which known word a mistyped one may have meant.
//!
//! In: the word and the known ones. Out: the nearest, when it is near enough to be worth a question.

/// The known word that `word` may have meant: at most a third of its letters (and at least one) are wrong, missing, too
/// many or swapped with their neighbour. Of equally near words, the first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of single steps between two words; capitals count as their small letters.
fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
    let (a, b) = (letters(a), letters(b));
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                let swapped: &Vec<usize> = &before;
                least = least.min(swapped[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KEYS: [&str; 5] = ["addresses", "cores", "memory", "disk", "zone"];

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, KEYS), expected, "{word}");
    }

    #[test]
    fn near_words_are_found() {
        check("memry", Some("memory"));
        check("mmeory", Some("memory"));
        check("Memory", Some("memory"));
        check("address", Some("addresses"));
        check("core", Some("cores"));
        check("dsik", Some("disk"));
        check("zones", Some("zone"));
    }

    #[test]
    fn far_words_are_not() {
        check("ram", None);
        check("cpu", None);
        check("", None);
        check("größe", None);
    }
}
