package dev.sluice.contract.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * A long body that no test holds in memory. It consists of blocks of noise, each of which begins with its offset, so
 * that a lost, repeated or moved block changes the checksum.
 */
public final class Filling {

    private static final int BLOCK = 64 * 1024;

    private Filling() {}

    /**
     * The length and checksum of a body.
     *
     * @param crc CRC-32C
     */
    public record Digest(long length, long crc) {}

    /** Writes this many bytes, and returns their digest. */
    public static Digest write(OutputStream out, long length) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] block = new byte[BLOCK];
        new Random(length).nextBytes(block);
        for (long written = 0; written < length; written += BLOCK) {
            ByteBuffer.wrap(block).putLong(written);
            int count = (int) Math.min(BLOCK, length - written);
            crc.update(block, 0, count);
            out.write(block, 0, count);
        }
        return new Digest(length, crc.getValue());
    }

    /** The digest that {@link #write} would return. */
    public static Digest of(long length) throws IOException {
        return write(OutputStream.nullOutputStream(), length);
    }

    /** Reads to the end, and returns the digest of what was read. */
    public static Digest read(InputStream in) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[BLOCK];
        long length = 0;
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            crc.update(buffer, 0, count);
            length += count;
        }
        return new Digest(length, crc.getValue());
    }
}
