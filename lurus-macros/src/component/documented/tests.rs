use syn::{DeriveInput, parse_quote};

use super::paragraphs;

#[test]
fn a_doc_comment_becomes_unwrapped_paragraphs() {
    let input: DeriveInput = parse_quote! {
        /// NATS servers that form
        /// one cluster.
        ///
        /// Streams are:
        /// - kept
        /// - copied
        ///
        /// ```text
        /// a
        ///
        ///   b
        /// ```
        struct Nats;
    };
    assert_eq!(
        paragraphs(&input.attrs),
        [
            "NATS servers that form one cluster.",
            "Streams are:\n- kept\n- copied",
            "```text\na\n\n  b\n```",
        ]
    );
}

#[test]
fn a_block_comment_reads_as_a_line_comment() {
    let input: DeriveInput = parse_quote! {
        #[doc = " NATS servers that form\n one cluster.\n\n More."]
        struct Nats;
    };
    assert_eq!(
        paragraphs(&input.attrs),
        ["NATS servers that form one cluster.", "More."]
    );
}
