//! The floor of a login: the bare Argon2 function with the server's default parameters, in memory that is reused.

use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::Result;
use super::load::Throughput;
use super::server::own_cpu_time;

/// The defaults of `ARGON2_MEMORY_KIB`, `ARGON2_ITERATIONS` and `ARGON2_LANES`.
const PARAMETERS: (u32, u32, u32) = (64 * 1024, 3, 4);

/// Hashes for so long on as many threads as there are cores, as the server does by default.
pub fn hash_for(lasts: Duration) -> Result<Throughput> {
    let threads = thread::available_parallelism()?.get();
    let cpu_before = own_cpu_time()?;
    let counted: Vec<Result<(u32, f64)>> = thread::scope(|scope| {
        let hashing: Vec<_> = (0..threads).map(|_| scope.spawn(move || hash_until(lasts))).collect();
        hashing
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread has panicked".into())))
            .collect()
    });
    let cpu = own_cpu_time()?.saturating_sub(cpu_before);
    let counted: Vec<(u32, f64)> = counted.into_iter().collect::<Result<_>>()?;
    let hashes: u32 = counted.iter().map(|(hashes, _)| hashes + 1).sum();
    Ok(Throughput { per_second: counted.iter().map(|(_, per_second)| per_second).sum(), cpu: cpu / hashes })
}

/// How many hashes were computed, and how many that is a second. The first, which takes the memory, is not counted.
fn hash_until(lasts: Duration) -> Result<(u32, f64)> {
    let (memory, passes, lanes) = PARAMETERS;
    let params = Params::new(memory, passes, lanes, Some(32))?;
    let mut blocks = vec![Block::new(); params.block_count()];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    let mut hash = || argon.hash_password_into_with_memory(b"Quiet-Harbour-71", &[7; 16], &mut output, &mut *blocks);

    hash()?;
    let (begun, mut hashes) = (Instant::now(), 0);
    while begun.elapsed() < lasts {
        hash()?;
        hashes += 1;
    }
    Ok((hashes, f64::from(hashes) / begun.elapsed().as_secs_f64()))
}
