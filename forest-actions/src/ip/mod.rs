//! IP addresses: subnets, the IP rules of an environment, and the address of a client behind proxies. Pure functions.

#[cfg(feature = "server")]
pub(crate) mod client;
#[cfg(feature = "server")]
mod forwarded;
#[cfg(feature = "server")]
pub(crate) mod rules;
pub(crate) mod subnet;

pub(crate) use subnet::address_or_subnet;
