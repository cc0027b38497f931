//! The clusters of this repository.
#![no_std]
