//! QEMU's disk image format, as far as it takes to get a disk out of an image
//! (<https://www.qemu.org/docs/master/interop/qcow2.html>).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use flate2::{Decompress, FlushDecompress};

/// Where a cluster lies in the image: bits 9 to 55 of a table's entry.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const COMPRESSED: u64 = 1 << 62;
const ALL_ZERO: u64 = 1;

/// Writes the disk that `image` holds to `disk`, holes left as holes.
pub(super) fn expand(image: &File, disk: &File) -> io::Result<()> {
    let header = read(image, 0, 48)?;
    let cluster_bits = u32::from_be_bytes(header[20..24].try_into().unwrap());
    let cluster_size = 1_usize << cluster_bits;
    let size = number(&header[24..32]);
    let first_level_entries = u32::from_be_bytes(header[36..40].try_into().unwrap()) as usize;
    disk.set_len(size)?;

    let first_level = read(image, number(&header[40..48]), first_level_entries * 8)?;
    let mut at = 0;
    for table in first_level.chunks_exact(8).map(number) {
        if table & OFFSET == 0 {
            at += (cluster_size as u64 / 8) << cluster_bits;
            continue;
        }
        for entry in read(image, table & OFFSET, cluster_size)?.chunks_exact(8).map(number) {
            if entry & COMPRESSED != 0 {
                disk.write_all_at(&decompress(image, entry, cluster_bits)?, at)?;
            } else if entry & OFFSET != 0 && entry & ALL_ZERO == 0 {
                disk.write_all_at(&read(image, entry & OFFSET, cluster_size)?, at)?;
            }
            at += cluster_size as u64;
        }
    }
    disk.set_len(size)
}

/// A compressed cluster: its entry holds a byte offset and a count of 512-byte sectors.
fn decompress(image: &File, entry: u64, cluster_bits: u32) -> io::Result<Vec<u8>> {
    let offset_bits = 62 - (cluster_bits - 8);
    let offset = entry & ((1 << offset_bits) - 1);
    let sectors = ((entry & !(3 << 62)) >> offset_bits) + 1;
    let length = usize::try_from(sectors * 512 - offset % 512).unwrap();
    let mut compressed = vec![0; length];
    let mut filled = 0;
    // The last sector may end with the file.
    while filled < length {
        match image.read_at(&mut compressed[filled..], offset + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    let mut cluster = Vec::with_capacity(1 << cluster_bits);
    Decompress::new(false)
        .decompress_vec(&compressed[..filled], &mut cluster, FlushDecompress::Finish)
        .map_err(io::Error::other)?;
    Ok(cluster)
}

fn read(image: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    image.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}
