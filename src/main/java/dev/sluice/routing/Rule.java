package dev.sluice.routing;

import dev.sluice.config.RuleConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Maps a path prefix to a target group. Immutable. Both prefixes are as in {@link RuleConfiguration}.
 *
 * @param targetGroup where matching requests go
 */
public record Rule<T>(String pathPrefix, String pathRewrite, T targetGroup) {

    /** The rule that a configuration becomes, with the target group that it names. */
    public static <T> Rule<T> of(RuleConfiguration configuration, T targetGroup) {
        return new Rule<>(configuration.pathPrefix(), configuration.pathRewrite(), targetGroup);
    }

    /**
     * The raw path of the target request: pathRewrite is removed if the path begins with it, then basePath is
     * prepended. All other bytes stay. Never empty.
     *
     * @param rawPath a path that {@link Rules#match} has mapped to this rule
     * @param basePath empty, or beginning with a slash and not ending with one
     */
    public String rewrite(String rawPath, String basePath) {
        String rest = RawPath.isBelow(rawPath, pathRewrite) ? rawPath.substring(pathRewrite.length()) : rawPath;
        if (basePath.isEmpty()) {
            return rest.isEmpty() ? "/" : rest;
        }
        return basePath + rest;
    }

    /**
     * Reverses {@link #rewrite}: the raw path that a client has to request to reach a path of the target, inferred from
     * how the path of its last request was rewritten. Never empty.
     *
     * @param targetPath raw; may be empty or malformed
     * @param basePath as passed to rewrite
     * @param requestPath the path that the client requested
     * @return null if no path leads there: targetPath is malformed or not below basePath, or a dot segment may lead out
     *     of it
     */
    public @Nullable String reverse(String targetPath, String basePath, String requestPath) {
        if (!RawPath.isBelow(targetPath, basePath)
                || !RawPath.hasWellFormedEscapes(targetPath)
                || RawPath.mayLeave(targetPath, basePath.length())) {
            return null;
        }
        String rest = targetPath.substring(basePath.length());
        String path = RawPath.isBelow(requestPath, pathRewrite) ? pathRewrite + rest : rest;
        return path.isEmpty() ? "/" : path;
    }

    /**
     * Whether the rule matches any path below this one.
     *
     * @param path empty, or begins with a slash and does not end with one
     */
    public boolean mayMatchBelow(String path) {
        return RawPath.isBelow(stem(), path) || RawPath.isBelow(path, stem());
    }

    /** That pathRewrite has no effect, and why, in words for people; null if it is empty or has one. */
    public @Nullable String rewriteFault() {
        return pathRewrite.isEmpty() || mayMatchBelow(pathRewrite)
                ? null
                : "has no effect: no path of the rule " + pathPrefix + " begins with " + pathRewrite;
    }

    /** The path prefix without a trailing slash. In a path below it, {@code /} or the end of the path follows. */
    String stem() {
        return pathPrefix.equals("/") ? "" : pathPrefix;
    }

    /**
     * Rejects a matching path that a target could resolve to outside the path prefix or, after rewriting, its base
     * path.
     */
    void requireInside(String rawPath) {
        int start = stem().length();
        if (RawPath.isBelow(rawPath, pathRewrite)) {
            start = Math.max(start, pathRewrite.length());
        }
        if (RawPath.mayLeave(rawPath, start)) {
            throw new AmbiguousPathException("a dot segment may lead out of " + rawPath.substring(0, start) + "/");
        }
    }
}
