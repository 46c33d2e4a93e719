package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The client's side of a tunnel, as the host has it. Nothing here waits. Reading is done by one thread at a time, and so is all else; the
 * tunnel is told when there is something to read again ({@link Tunnel#clientReadable}), or room again ({@link Tunnel#clientWritable}).
 * That of a client which takes nothing for {@link Tunnel#idleMillis} is ended by the host: when the target's connection is gone nobody
 * else would.
 */
interface TunnelClient {

    /** How many bytes were read: 0 if there are none for now, less if the client has ended. */
    int read(byte[] into) throws IOException;

    /** Whether there is room for more. Only then is written, and flushed. */
    boolean isReady();

    /** Takes the bytes over. */
    void write(ByteBuffer bytes) throws IOException;

    void flush() throws IOException;

    /** Tells the client that no more comes, while it may go on sending. False if the host cannot do that. */
    boolean endOutput() throws IOException;

    /** Ends the connection, now or in a moment. Lets nothing out. */
    void close();
}
