package dev.sluice.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleTest {

    @ParameterizedTest
    @CsvSource({
        // rewrite, base path, path, rewritten
        "/my/listener, /v1, /my/listener/resource,    /v1/resource",
        "/my/listener, /v1, /my/listener/,            /v1/",
        "/my/listener, /v1, /my/listener,             /v1",
        "/my/listener, /v1, /my/listeners,            /v1/my/listeners",
        "/my/listener, /v1, /my,                      /v1/my",
        "/my/listener, /v1, /x/my/listener,           /v1/x/my/listener",
        "/my/listener, /v1, /my/listener/my/listener, /v1/my/listener",
        "/my/listener, '',  /my/listener/resource,    /resource",
        "/my/listener, '',  /my/listener/,            /",
        "/my/listener, '',  /my/listener,             /",
        "/my/listener, '',  /my/listener//x,          //x",
        "'',           /v1, /,                        /v1/",
        "'',           /v1, //,                       /v1//",
        "'',           /v1, /x,                       /v1/x",
        "/a,           /v1, /a/%2F%2f;v=1/%20+/~,     /v1/%2F%2f;v=1/%20+/~",
        "/a,           /v1, /a;v=1/x,                 /v1/a;v=1/x",
        "/a,           /v1, /%61/x,                   /v1/%61/x",
        "/a,           /v1, /a/x/../y,                /v1/x/../y",
    })
    void rewritePrefixIsTakenOffInWholeSegmentsAndTheBasePathPutInFront(
            String rewrite, String basePath, String path, String rewritten) {
        assertThat(new Rule<>("/", rewrite, "demo").rewrite(path, basePath)).isEqualTo(rewritten);
    }

    @ParameterizedTest
    @CsvSource({
        "/api, /api,    true",
        "/api, /api/v1, true",
        "/api/v1, /api, true",
        "/,    /api,    true",
        "/api, /web,    false",
        "/api, /ap,     false",
        "/api, '',      true", // nothing is wrong with none
    })
    void aRewriteIsOfUseWherePathsOfTheRuleMayBeginWithIt(String prefix, String rewrite, boolean may) {
        String fault = may ? null : "has no effect: no path of the rule " + prefix + " begins with " + rewrite;
        assertThat(new Rule<>(prefix, rewrite, "demo").rewriteFault()).isEqualTo(fault);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // rewrite, base path, path of the request, target's path, the client's path for it
                "/my/listener, /v1, /my/listener/x, /v1/resource,    /my/listener/resource",
                "/my/listener, /v1, /my/listener/x, /v1,             /my/listener",
                "/my/listener, /v1, /my/listener/x, /v1/,            /my/listener/",
                "/my/listener, /v1, /my/listener/x, /v12,            -",
                "/my/listener, /v1, /my/listener/x, /,               -",
                "/my/listener, /v1, /my/listener/x, '',              -",
                "/my/listener, /v1, /my/listener/x, v1,              -",
                "/my/listener, /v1, /my/listener/x, /v1/v1/x,        /my/listener/v1/x",
                "/my/listener, '',  /my/listener/x, /resource,       /my/listener/resource",
                "/my/listener, '',  /my/listener/x, /,               /my/listener/",
                "/my/listener, '',  /my/listener/x, '',              /my/listener",
                "/my/listener, /v1, /other,         /v1/resource,    /resource",
                "/my/listener, '',  /other,         /resource,       /resource",
                "'',           /v1, /x,             /v1/y,           /y",
                "'',           /v1, /x,             /v1,             /",
                "'',           '',  /x,             '',              /",
                "'',           '',  /x,             /y//z;v=1/%2F,   /y//z;v=1/%2F",
                "/a,           /v1, /a/x,           /v1/%2f;v=1/%20, /a/%2f;v=1/%20",
                // a dot segment that may lead out of the base path
                "/a,           /v1, /a/x,           /v1/../admin,    -",
                "/a,           /v1, /a/x,           /v1/%2e%2e/x,    -",
                "/a,           /v1, /a/x,           /v1/x/../y,      /a/x/../y",
                "/a,           /v1, /a/x,           /v1/%zz,         -",
                "/a,           /v1, /a/x,           /v1/%,           -",
            })
    void theWayBackPutsTheRewritePrefixInPlaceOfTheBasePath(
            String rewrite, String basePath, String requestPath, String targetPath, String path) {
        Rule<String> rule = new Rule<>("/", rewrite, "demo");
        assertThat(rule.reverse(targetPath, basePath, requestPath)).isEqualTo(path);
        if (path != null && !path.equals("/")) { // an empty path becomes this
            assertThat(rule.rewrite(path, basePath)).isEqualTo(targetPath.isEmpty() ? "/" : targetPath);
        }
    }

    @Test
    void aPathThatDoesNotChangeIsTheSameInstance() {
        String path = "/x/y";
        assertThat(new Rule<>("/", "", "demo").rewrite(path, "")).isSameAs(path);
        assertThat(new Rule<>("/", "/a", "demo").rewrite(path, "")).isSameAs(path);
    }
}
