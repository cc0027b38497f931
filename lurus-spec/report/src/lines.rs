//! Which line and column a byte of a file is on.
//!
//! In: the path and the text of a file. Out: the place of any of its bytes, as a finding names it. It does not know what
//! the text means.

use super::Origin;

/// The text of a file, and where its lines begin.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    path: &'a str,
    text: &'a str,
    /// The byte at which each line begins.
    begins: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of a file, whose path is from the root of the workspace.
    pub fn of(path: &'a str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let begins = std::iter::once(0)
            .chain(ends.map(|(index, _)| index + 1))
            .collect();
        Self { path, text, begins }
    }

    /// The path of the file.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The place of a byte; of one behind the end, the end.
    pub fn origin(&self, byte: usize) -> Origin {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.begins.partition_point(|begin| *begin <= byte);
        let column = self.text[self.begins[line - 1]..byte].chars().count() + 1;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Origin {
            file: self.path.to_owned().into(),
            line: count(line),
            column: count(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn columns_count_characters() {
        let lines = Lines::of("a", "é:\n\n  é b");
        let place = |byte| {
            let origin = lines.origin(byte);
            (origin.line, origin.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(2), (1, 2));
        assert_eq!(place(4), (2, 1));
        assert_eq!(place(10), (3, 5));
        // In the middle of a character: where it begins. Behind the end: the end.
        assert_eq!(place(8), (3, 3));
        assert_eq!(place(99), (3, 6));
    }
}
