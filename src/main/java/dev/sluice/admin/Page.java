package dev.sluice.admin;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** A page at one path below ADMIN_PATH, for GET and HEAD. Safe for use by many threads. */
interface Page {

    /**
     * Answers the request, or puts it in async mode and answers later. The header fields common to all pages are
     * already set.
     */
    void serve(HttpServletRequest request, HttpServletResponse response) throws IOException;
}
