//! Prints rows in columns.
//!
//! In: a heading and rows of text. Out: lines with aligned columns, numbers on the right. It must not know what they mean.

/// A table whose first columns are text and whose further columns are numbers.
pub(crate) struct Table<const COLUMNS: usize> {
    texts: usize,
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// An empty table; the first `texts` columns are aligned on the left, the others on the right.
    pub(crate) fn new(texts: usize, heading: [&str; COLUMNS]) -> Self {
        Self {
            texts,
            rows: vec![heading.map(str::to_owned)],
        }
    }

    /// Adds a row at the end.
    pub(crate) fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells);
    }

    /// Whether there is nothing below the heading.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl<const COLUMNS: usize> std::fmt::Display for Table<COLUMNS> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut widths = [0; COLUMNS];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let cell = if column < self.texts {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                };
                line.push_str(&cell);
                line.push_str("  ");
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let mut table = Table::new(1, ["what", "measured", "bound"]);
        assert!(table.is_empty());
        table.row(["up".into(), "21.5 s".into(), "300 s".into()]);
        table.row([
            "pg-1 killed, ünder load".into(),
            "7.0 s".into(),
            String::new(),
        ]);
        assert!(!table.is_empty());
        let expected = "\
what                     measured  bound
up                         21.5 s  300 s
pg-1 killed, ünder load     7.0 s
";
        assert_eq!(table.to_string(), expected);
    }
}
