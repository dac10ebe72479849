//! What both programs share.
#![no_std]
