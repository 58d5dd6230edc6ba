//! What service-kit promises, seen from outside.

mod serve;
