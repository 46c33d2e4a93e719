package dev.sluice.forward.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hc.core5.reactor.EventMask;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.jspecify.annotations.Nullable;

/** The direction from the client to the target. */
final class RelayToTarget extends Relay {

    private @Nullable ByteBuffer unsent;
    private boolean over;

    RelayToTarget(Tunnel tunnel, ProtocolIOSession target) {
        super(tunnel, target, EventMask.WRITE);
    }

    @Override
    void step(TunnelClient client) throws IOException {
        for (int chunks = 0; !over && !tunnel.isClosed(); chunks++) {
            if (!sendRest() || chunks == TURN) {
                watch(true); // if there is room, the relay goes on after others have had their turn
                return;
            }
            watch(false);
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

    private void send(ByteBuffer chunk) {
        count(chunk.remaining());
        write(chunk);
        if (tunnel.isTls()) {
            target.clearEvent(EventMask.WRITE); // does not wait for room, but lets TLS send what it has encrypted
        }
        if (chunk.hasRemaining()) {
            unsent = ByteBuffer.allocate(chunk.remaining()).put(chunk).flip(); // the chunk is the thread's buffer
        }
    }

    private boolean sendRest() {
        if (unsent != null) {
            write(unsent);
            if (unsent.hasRemaining()) {
                return false;
            }
            unsent = null;
        }
        return true;
    }

    /**
     * Writes to the target. If that takes no more, the client's bytes are discarded: the target may have sent something
     * before, which the client is to get first.
     */
    private void write(ByteBuffer bytes) {
        try {
            target.write(bytes);
            target.updateWriteTime();
        } catch (IOException e) {
            bytes.position(bytes.limit());
            tunnel.targetTakesNoMore(e);
        }
    }
}
