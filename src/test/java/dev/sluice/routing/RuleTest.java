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
        "/api, '',      false",
    })
    void aRewriteIsOfUseWherePathsOfTheRuleMayBeginWithIt(String prefix, String rewrite, boolean may) {
        assertThat(new Rule<>(prefix, rewrite, "demo").mayRewrite()).isEqualTo(may);
    }

    @Test
    void aPathThatDoesNotChangeIsTheSameInstance() {
        String path = "/x/y";
        assertThat(new Rule<>("/", "", "demo").rewrite(path, "")).isSameAs(path);
        assertThat(new Rule<>("/", "/a", "demo").rewrite(path, "")).isSameAs(path);
    }
}
