package dev.sluice.forward.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.ProtocolIOSession;

/**
 * The direction from the target to the client. {@link #add} and {@link #end} are called on the target's reactor thread,
 * in the order in which the target sends. TLS delivers what it has decrypted, requested or not; in clear text, this
 * class reads by itself.
 */
final class RelayToClient extends Relay {

    private final Queue<ByteBuffer> arrived = new ConcurrentLinkedQueue<>();
    private volatile boolean ended; // nothing more is added, and nothing more can be read

    private boolean unflushed;
    private boolean over;
    private boolean closed;

    RelayToClient(Tunnel tunnel, ProtocolIOSession target) {
        super(tunnel, target, EventMask.READ);
    }

    /**
     * Adds a copy of what was read from the target; a no-op once the tunnel is closed. To be followed by {@link #move}.
     */
    void add(ByteBuffer source) {
        if (source.hasRemaining() && !tunnel.isClosed()) {
            arrived.add(ByteBuffer.allocate(source.remaining()).put(source).flip());
        }
    }

    /** Nothing more comes from the target. To be followed by {@link #move}. */
    void end() {
        ended = true;
    }

    @Override
    void step(TunnelClient client) throws IOException {
        boolean drained = false;
        int chunks = 0;
        while (!over && !tunnel.isClosed()) {
            if (!client.isReady()) {
                watch(false);
                return;
            }
            if (!arrived.isEmpty() || (!drained && chunks < TURN)) {
                drained = !write(client);
                chunks++;
            } else if (unflushed) {
                unflushed = false;
                client.flush();
            } else if (ended && arrived.isEmpty()) { // in this order: the last bytes may have been added just now
                over = true;
                tunnel.targetEnded(client);
            } else {
                watch(true); // if more is there already, the relay goes on after others have had their turn
                return;
            }
        }
        if (tunnel.isClosed() && !closed) {
            closed = true;
            client.close();
        }
    }

    /** Returns whether there was something to write. */
    private boolean write(TunnelClient client) throws IOException {
        ByteBuffer next = arrived.poll();
        if (next == null && !ended && !tunnel.isTls()) {
            next = read();
        }
        if (next == null || !next.hasRemaining()) {
            return false;
        }
        target.updateReadTime();
        count(next.remaining());
        client.write(next);
        unflushed = true;
        return true;
    }

    private ByteBuffer read() {
        ByteBuffer scratch = ByteBuffer.wrap(scratch());
        try {
            if (target.read(scratch) < 0) {
                ended = true;
            }
        } catch (IOException e) {
            tunnel.targetFailed(e);
            ended = true;
        }
        return ByteBuffer.allocate(scratch.position()).put(scratch.flip()).flip(); // the client may keep it for a while
    }
}
