package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.jspecify.annotations.Nullable;

/** The way from the target to the client. */
final class RelayToClient extends Relay {

    /** What was read of the target by others. */
    private final Queue<ByteBuffer> arrived = new ConcurrentLinkedQueue<>();

    private boolean unflushed;
    private boolean ended;
    private boolean over;
    private boolean closed;

    RelayToClient(Tunnel tunnel, TunnelClient client, ProtocolIOSession target) {
        super(tunnel, client, target, EventMask.READ, true);
    }

    /** Takes over what was read of the target. To be followed by {@link #move}. */
    void add(@Nullable ByteBuffer source) {
        if (source != null && source.hasRemaining()) {
            arrived.add(ByteBuffer.allocate(source.remaining()).put(source).flip());
        }
    }

    @Override
    void step() throws IOException {
        boolean drained = false;
        int chunks = 0;
        while (!over && !tunnel.isClosed()) {
            if (!client.isReady()) {
                await(false);
                return;
            }
            if (!drained && (chunks < TURN || !arrived.isEmpty())) {
                drained = !write();
                chunks++;
            } else if (unflushed) {
                unflushed = false;
                client.flush();
            } else if (ended && drained) {
                over = true;
                tunnel.targetEnded(client.endOutput());
            } else {
                await(true); // where more has come already it goes on after those who wait for their turn
                return;
            }
        }
        if (tunnel.isClosed() && !closed) {
            closed = true;
            client.close();
        }
    }

    /** Whether there was something to write. */
    private boolean write() throws IOException {
        ByteBuffer next = arrived.poll();
        if (next == null && !ended) {
            next = read();
        }
        if (next == null || !next.hasRemaining()) {
            return false;
        }
        client.write(next);
        unflushed = true;
        return true;
    }

    private ByteBuffer read() throws IOException {
        ByteBuffer scratch = ByteBuffer.wrap(scratch());
        ended = target.read(scratch) < 0;
        return ByteBuffer.allocate(scratch.position()).put(scratch.flip()).flip(); // the client may keep it for a while
    }
}
