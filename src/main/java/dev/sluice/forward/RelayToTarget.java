package dev.sluice.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.IOSession;
import org.jspecify.annotations.Nullable;

/** The way from the client to the target. */
final class RelayToTarget extends Relay {

    private final Tunnel tunnel;
    private final TunnelClient client;
    private final IOSession target;

    private @Nullable ByteBuffer unsent;
    private boolean awaitingRoom;
    private boolean over;

    RelayToTarget(Tunnel tunnel, TunnelClient client, IOSession target) {
        super(tunnel);
        this.tunnel = tunnel;
        this.client = client;
        this.target = target;
    }

    @Override
    void step() throws IOException {
        for (int chunks = 0; !over && !tunnel.isClosed(); chunks++) {
            if (!sendRest() || chunks == TURN) {
                awaitRoom(true); // where there is some it goes on after those who wait for their turn
                return;
            }
            awaitRoom(false);
            byte[] chunk = scratch();
            int length = client.read(chunk);
            if (length == 0) {
                return;
            }
            if (length < 0) {
                over = true;
                tunnel.clientEnded();
            } else {
                send(ByteBuffer.wrap(chunk, 0, length));
            }
        }
    }

    private void send(ByteBuffer chunk) throws IOException {
        target.updateWriteTime();
        target.write(chunk);
        target.clearEvent(EventMask.WRITE); // nobody waits for room; but TLS looks now whether it has something to send
        if (chunk.hasRemaining()) {
            unsent = ByteBuffer.allocate(chunk.remaining()).put(chunk).flip(); // the chunk is the thread's
        }
    }

    private boolean sendRest() throws IOException {
        if (unsent != null) {
            target.write(unsent);
            if (unsent.hasRemaining()) {
                return false;
            }
            unsent = null;
        }
        return true;
    }

    private void awaitRoom(boolean await) {
        if (awaitingRoom != await) {
            awaitingRoom = await;
            if (await) {
                target.setEvent(EventMask.WRITE);
            } else {
                target.clearEvent(EventMask.WRITE);
            }
        }
    }
}
