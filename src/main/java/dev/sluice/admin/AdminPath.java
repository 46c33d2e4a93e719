package dev.sluice.admin;

import dev.sluice.routing.RawPath;
import org.jspecify.annotations.Nullable;

/**
 * Recognises paths at or below ADMIN_PATH. Only the configured spelling matches, so that a proxy in front that blocks
 * this spelling blocks all access. Any other spelling, such as one with escapes, is an ordinary path for the rules.
 * Immutable.
 */
final class AdminPath {

    private final String path;

    /** @param path as configured */
    AdminPath(String path) {
        this.path = path;
    }

    /**
     * The rest of a raw path after ADMIN_PATH: empty, or begins with a slash; null if the path is null, or neither
     * ADMIN_PATH nor below it.
     */
    @Nullable
    String rest(@Nullable String rawPath) {
        return rawPath != null && RawPath.isBelow(rawPath, path) ? rawPath.substring(path.length()) : null;
    }
}
