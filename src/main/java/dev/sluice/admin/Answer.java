package dev.sluice.admin;

import dev.sluice.observe.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A complete response to an operator. Immutable. */
record Answer(int status, String contentType, String body) {

    static final String TEXT = "text/plain;charset=utf-8";
    static final String JSON = "application/json";

    /** In bytes: a shorter body fits in the response buffers of the hosts. */
    private static final int SHORT = 8 * 1024;

    /** In characters: what it lists may be as long as the configuration. */
    private static final int MAX_LOGGED = 200;

    /** One line of plain text. */
    static Answer text(int status, String line) {
        return new Answer(status, TEXT, line + "\n");
    }

    static Answer json(int status, Map<String, ?> value) {
        return new Answer(status, JSON, Json.write(value) + "\n");
    }

    /** Whether the host buffers the body until the response is completed, so that no thread waits for the client. */
    boolean isShort() {
        return bytes().length < SHORT;
    }

    /** Its body for the log, which gets only so much of a long one. */
    String beginning() {
        String line = body.strip();
        return line.length() <= MAX_LOGGED ? line : line.substring(0, MAX_LOGGED) + "...";
    }

    private byte[] bytes() {
        return body.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Blocks until the client has taken the body, unless that is {@link #isShort short}. A short body is sent without
     * setting its length, which the host works out itself: if Jetty knew it, it would write the last byte at once, and
     * block for that.
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
