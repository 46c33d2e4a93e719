package dev.sluice.routing;

import org.jspecify.annotations.Nullable;

/**
 * Where the requests below a path prefix go. Immutable.
 *
 * @param pathPrefix begins with a slash and, but for {@code /} itself, does not end with one
 * @param pathRewrite the prefix that is taken off the path: empty for none, else of pathPrefix's form, but not {@code /}
 * @param targetGroup what the rule leads to
 */
public record Rule<T>(String pathPrefix, String pathRewrite, T targetGroup) {

    /**
     * The raw path of the target request. Where the path begins with pathRewrite that is taken off, then basePath is put in front;
     * every other byte stays. Never empty.
     *
     * @param rawPath a path that {@link Rules#match} has led to this rule
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
     * The way back of {@link #rewrite}: the raw path that a client has to ask for to reach a path of the target, as far as what was
     * done to the path of its last request tells. Never empty.
     *
     * @param targetPath raw, may be empty or malformed
     * @param basePath that of the rewriting
     * @param requestPath what the client has asked for
     * @return null if no path leads there: it is not below basePath, or a dot segment may lead out of that again
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

    /** Whether there are paths that this rule takes something off. */
    public boolean mayRewrite() {
        return !pathRewrite.isEmpty() && (RawPath.isBelow(pathRewrite, stem()) || RawPath.isBelow(stem(), pathRewrite));
    }

    /** The path prefix without a slash at its end: what a path below it begins with, {@code /} or the path's end following. */
    String stem() {
        return pathPrefix.equals("/") ? "" : pathPrefix;
    }

    /** Refuses a path of this rule that a target could resolve to outside the path prefix or, after rewriting, its base path. */
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
