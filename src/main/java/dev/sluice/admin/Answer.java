package dev.sluice.admin;

import dev.sluice.observe.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A whole answer to an operator. Immutable. */
record Answer(int status, String contentType, String body) {

    static final String TEXT = "text/plain;charset=utf-8";
    static final String JSON = "application/json";

    /** In bytes: hosts have room for what is shorter. */
    private static final int SHORT = 8 * 1024;

    /** A line for people. */
    static Answer text(int status, String line) {
        return new Answer(status, TEXT, line + "\n");
    }

    static Answer json(int status, Map<String, ?> value) {
        return new Answer(status, JSON, Json.write(value) + "\n");
    }

    /** Whether it goes with the end of the response, so that nobody waits for the client. */
    boolean isShort() {
        return bytes().length < SHORT;
    }

    private byte[] bytes() {
        return body.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Blocks while the client takes it, unless it is {@link #isShort short}. The length of such a one the host finds out: if it knew it,
     * Jetty would write the last byte at once, and wait for that.
     */
    void send(HttpServletRequest request, HttpServletResponse response) throws IOException {
        byte[] bytes = bytes();
        response.setStatus(status);
        response.setContentType(contentType);
        boolean isHead = request.getMethod().equals("HEAD");
        if (isHead || bytes.length >= SHORT) {
            response.setContentLength(bytes.length);
        }
        if (!isHead) {
            response.getOutputStream().write(bytes);
        }
    }
}
