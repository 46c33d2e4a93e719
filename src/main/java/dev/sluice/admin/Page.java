package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** What is served at one path below ADMIN_PATH, to GET and HEAD. Safe for use by many threads. */
interface Page {

    /** Answers, or takes the request into async mode and answers later. The header fields that all answers have are set already. */
    void serve(HttpServletRequest request, HttpServletResponse response) throws IOException;
}
