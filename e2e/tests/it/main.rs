//! Lendery from the outside: the programs as they are built, with real files and real faults.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect by failing")]

mod attacks;
mod backup;
mod borrowing;
mod borrowing_stuck;
mod catalogue;
mod contract;
mod credentials;
mod desk;
mod doctor;
mod expiry;
mod forge;
mod hang_up;
mod keys;
mod main_job;
mod manual;
mod member;
mod migrate_db;
mod monitoring;
mod moving;
mod operations;
mod operator;
mod outage;
mod pages;
mod platform;
mod production;
mod programs;
mod refused;
mod restart;
mod revocation;
mod rolling;
mod saga;
mod simulate;
mod start;
mod trace;
