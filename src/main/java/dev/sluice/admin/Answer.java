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

    /** A line for people. */
    static Answer text(int status, String line) {
        return new Answer(status, TEXT, line + "\n");
    }

    static Answer json(int status, Map<String, ?> value) {
        return new Answer(status, JSON, Json.write(value) + "\n");
    }

    /** Blocks while the client takes it: those who may ask are few. */
    void send(HttpServletRequest request, HttpServletResponse response) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.setContentType(contentType);
        response.setContentLength(bytes.length);
        if (!request.getMethod().equals("HEAD")) {
            response.getOutputStream().write(bytes);
        }
    }
}
