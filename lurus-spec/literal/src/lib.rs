//! Newtypes.
