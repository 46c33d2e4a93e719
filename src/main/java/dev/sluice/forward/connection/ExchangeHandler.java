package dev.sluice.forward.connection;

import java.nio.ByteBuffer;
import org.apache.hc.core5.http.nio.AsyncClientExchangeHandler;

/**
 * A request to send on a connection to a target, and whoever takes its response. Called by one thread at a time, within
 * the events of its connection, which is then the {@link TargetConnection#current current} one. Only {@link #cancel}
 * and {@link #failed} may also be called before it has a connection.
 */
public interface ExchangeHandler extends AsyncClientExchangeHandler {

    /**
     * Takes a piece of the response body, over HTTP/1.1 instead of {@link #consume}.
     *
     * @param source one of {@link BodyBuffers}
     * @return whether the handler has kept the buffer, and owns it from now on
     */
    boolean take(ByteBuffer source);

    /** Whether much may be read of the response at a time: its client takes everything at once. */
    boolean clientKeepsUp();

    /** Whether it was told of the end of the response or of a failure, or wants no more of either. */
    boolean hasEnded();

    /** Called at the end of an event that {@link TargetConnection#received brought} something of the response. */
    void inputPauses();
}
