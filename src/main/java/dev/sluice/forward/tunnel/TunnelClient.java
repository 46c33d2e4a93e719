package dev.sluice.forward.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The client's side of a tunnel, in the host. Nothing here blocks. One thread at a time reads, and one at a time does
 * everything else. The tunnel is told when there is something to read again ({@link Tunnel#clientReadable}), or room
 * again ({@link Tunnel#clientWritable}). The host ends the connection of a client that takes nothing for
 * {@link Tunnel#idleMillis}: once the target's connection is gone, nobody else would.
 */
interface TunnelClient {

    /** Returns the number of bytes read: 0 if there are none for now, negative if the client has ended. */
    int read(byte[] into) throws IOException;

    /** Whether there is room for more. {@link #write} and {@link #flush} are called only then. */
    boolean isReady();

    /** Writes the bytes. The buffer belongs to this side from now on. */
    void write(ByteBuffer bytes) throws IOException;

    void flush() throws IOException;

    /**
     * Half-closes: tells the client that no more comes, while it may go on sending. Returns false if the host cannot.
     */
    boolean endOutput() throws IOException;

    /** Closes the connection, now or in a moment. Throws nothing. */
    void close();
}
