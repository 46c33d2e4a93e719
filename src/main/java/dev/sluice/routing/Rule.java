package dev.sluice.routing;

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
