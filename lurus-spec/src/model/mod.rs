//! What authors say.
//!
//! In: data of `spec/*.toml` and builder calls of `spec/*.rs`. Out: values that record exactly that, each with its
//! place. The model knows no product, no target and no file format.

mod inventory;
#[doc(hidden)]
pub mod rows;

pub use inventory::{Address, Host, HostRef, ImagePin, ImageRef, Inventory, Network, NetworkRef};
