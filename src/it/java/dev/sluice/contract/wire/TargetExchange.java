package dev.sluice.contract.wire;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** One request at a scripted target and the means to answer it, well or badly. For the target's thread. */
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

    /** The name of the target that it has reached. */
    public String target() {
        return target.name();
    }

    public Head head() {
        return head;
    }

    /** The how manieth request of its connection this is, from 1. */
    public int ordinal() {
        return ordinal;
    }

    /** The request's body. Asks for it first if the request expects that. */
    public InputStream body() throws IOException {
        if (body == null) {
            if (head.value("Expect").equalsIgnoreCase("100-continue")) {
                wire.send("HTTP/1.1 100 Continue\r\n\r\n");
            }
            uninvitedBody();
        }
        return body;
    }

    /** The request's body, whether or not the request expects to be asked for it. */
    public InputStream uninvitedBody() {
        body = wire.requestBody(head);
        return body;
    }

    /** The lines after the request's body, which was read to its end. */
    public List<String> trailers() {
        return body.trailers();
    }

    /** Reads the body, to be found again in {@link Scene#bodies}. Fails if it is not whole. */
    public void readBody() throws IOException {
        scene.keepBody(body().readAllBytes());
    }

    /** Sends these characters (Latin-1) and nothing else. */
    public void send(String text) throws IOException {
        wire.send(text);
    }

    /** Sends a head: the lines, and the empty one that ends it. */
    public void sendHead(String startLine, String... fieldLines) throws IOException {
        wire.sendHead(startLine, fieldLines);
    }

    /** Sends text as one chunk. */
    public void sendChunk(String text) throws IOException {
        wire.sendChunk(text);
    }

    /** Sends the chunk that ends a chunked body. */
    public void sendLastChunk() throws IOException {
        wire.sendLastChunk();
    }

    /** Answers with a text of known length; the answer tells the target's name too. */
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

    /** Sends a body of that many bytes. */
    public Filling.Digest sendFilling(long length) throws IOException {
        return Filling.write(wire.out(), length);
    }

    /** What the connection is, below HTTP. */
    public Wire wire() {
        return wire;
    }

    /** Waits until the connection is ended from the other end. */
    public void awaitEnd() throws IOException {
        wire.awaitEnd();
    }

    /** Ends the connection. */
    public void close() throws IOException {
        wire.close();
    }

    /** Ends the connection with a reset. */
    public void reset() throws IOException {
        wire.reset();
    }
}
