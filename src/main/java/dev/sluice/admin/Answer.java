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

    /** What is shorter goes with the end of the response: hosts have room for it. */
    private static final int SHORT = 8 * 1024;

    /** A line for people. */
    static Answer text(int status, String line) {
        return new Answer(status, TEXT, line + "\n");
    }

    static Answer json(int status, Map<String, ?> value) {
        return new Answer(status, JSON, Json.write(value) + "\n");
    }

    /**
     * Blocks while the client takes it, but for a short one. The length of such a one the host finds out: if it knew it, Jetty would write
     * the last byte at once, and wait for that.
     */
    void send(HttpServletRequest request, HttpServletResponse response) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
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
