//! Comes in: a newtype. Goes out: what a template prints for it, its canonical text. Must not know: any template.
//!
//! A struct that fills a template can so have fields that cannot hold an unchecked text. [`Size`](crate::Size) and
//! [`Duration`](crate::Duration) have none on purpose: products spell them each in their own unit, so that a component
//! must choose.

use serde_core::{Serialize, Serializer};

use crate::{Cidr, Image, Ip, Port};

/// Serializes a newtype as its canonical text.
#[doc(hidden)]
#[macro_export]
macro_rules! __serialize_as_text {
    ($newtype:ident) => {
        impl $crate::__private::Serialize for $newtype {
            fn serialize<S: $crate::__private::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

__serialize_as_text!(Cidr);
__serialize_as_text!(Image);
__serialize_as_text!(Ip);

/// As a number, so that JSON and YAML have it without quotes.
impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}
