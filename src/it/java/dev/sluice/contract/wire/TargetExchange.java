package dev.sluice.contract.wire;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** One request at a scripted target, and the means to answer it, well or badly. Only for the target's thread. */
public final class TargetExchange {

    private final ScriptedTarget target;
    private final Wire wire;
    private final Head head;
    private final int ordinal;
    private final Scene scene;
    private Body body;

    TargetExchange(ScriptedTarget target, Wire wire, Head head, int ordinal, Scene scene) {
        this.target = target;
        this.wire = wire;
        this.head = head;
        this.ordinal = ordinal;
        this.scene = scene;
    }

    /** The name of the target that the request has reached. */
    public String target() {
        return target.name();
    }

    public Head head() {
        return head;
    }

    /** The position of this request on its connection, from 1. */
    public int ordinal() {
        return ordinal;
    }

    /** The request's body. Sends 100 Continue first if the request expects it. */
    public InputStream body() throws IOException {
        if (body == null) {
            if (head.value("Expect").equalsIgnoreCase("100-continue")) {
                wire.send("HTTP/1.1 100 Continue\r\n\r\n");
            }
            uninvitedBody();
        }
        return body;
    }

    /** The request's body, without 100 Continue even if the request expects it. */
    public InputStream uninvitedBody() {
        body = wire.requestBody(head);
        return body;
    }

    /** The lines after the request's body, which must have been read to its end. */
    public List<String> trailers() {
        return body.trailers();
    }

    /** Reads the body, and keeps it for {@link Scene#bodies}. Fails if the body is incomplete. */
    public void readBody() throws IOException {
        scene.keepBody(body().readAllBytes());
    }

    /** Sends exactly these characters (Latin-1). */
    public void send(String text) throws IOException {
        wire.send(text);
    }

    /** Sends a head: these lines, and the empty line that ends it. */
    public void sendHead(String startLine, String... fieldLines) throws IOException {
        wire.sendHead(startLine, fieldLines);
    }

    /** Sends the text as one chunk. */
    public void sendChunk(String text) throws IOException {
        wire.sendChunk(text);
    }

    /** Sends the chunk that ends a chunked body. */
    public void sendLastChunk() throws IOException {
        wire.sendLastChunk();
    }

    /** Answers with a text of known length. The response also names the target. */
    public void answer(String status, String text, String... fieldLines) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + "\r\n");
        for (String line : fieldLines) {
            head.append(line).append("\r\n");
        }
        if (target.isStopping()) {
            head.append("Connection: close\r\n");
        }
        head.append("Target: ").append(target.name()).append("\r\n");
        head.append("Content-Length: ").append(text.length()).append("\r\n\r\n");
        wire.send(head + text);
    }

    /** Sends a body of this many bytes. */
    public Filling.Digest sendFilling(long length) throws IOException {
        return Filling.write(wire.out(), length);
    }

    /** The connection, below HTTP. */
    public Wire wire() {
        return wire;
    }

    /** Waits until the other side has closed the connection. */
    public void awaitEnd() throws IOException {
        wire.awaitEnd();
    }

    /** Closes the connection. */
    public void close() throws IOException {
        wire.close();
    }

    /** Resets the connection. */
    public void reset() throws IOException {
        wire.reset();
    }
}
