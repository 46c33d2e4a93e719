package dev.sluice.forward.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.routing.Rule;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client requests https://shop.example/shop/x, which is forwarded to http://api.internal:9001/v1/x at 192.0.2.7. */
class LocationRewriteTest {

    private static final Rule<String> RULE = new Rule<>("/shop", "/shop", "demo");

    private static LocationRewrite rewrite(int port, @Nullable String passedHost, @Nullable String host) {
        return rewrite("http", new byte[] {(byte) 192, 0, 2, 7}, port, passedHost, host);
    }

    private static LocationRewrite rewrite(
            String targetScheme, byte[] address, int port, @Nullable String passedHost, @Nullable String host) {
        return rewrite(targetScheme, address, port, passedHost, "https", host);
    }

    private static LocationRewrite rewrite(
            String targetScheme,
            byte[] address,
            int port,
            @Nullable String passedHost,
            String scheme,
            @Nullable String host) {
        try {
            HttpHost target = new HttpHost(targetScheme, InetAddress.getByAddress(address), "api.internal", port);
            return new LocationRewrite(RULE, "/shop/x", target, "/v1", passedHost, scheme, host);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://api.internal:9001/v1/y,        https://shop.example/shop/y",
        "HTTP://API.Internal:9001/v1/y,        https://shop.example/shop/y",
        "http://192.0.2.7:9001/v1/y,           https://shop.example/shop/y",
        "http://api.internal:9001/v1,          https://shop.example/shop",
        "http://api.internal:9001/v1?a=/v1#/v1, https://shop.example/shop?a=/v1#/v1",
        "http://api.internal:9001/v1#?x,       https://shop.example/shop#?x",
        "//api.internal:9001/v1/y,             //shop.example/shop/y",
        "/v1/y?a=http://api.internal:9001/v1,  /shop/y?a=http://api.internal:9001/v1",
        "/v1,                                  /shop",
        "/v1/%2F;a=b//c,                       /shop/%2F;a=b//c",
    })
    void whatPointsAtTheTargetItselfPointsAtWhatTheClientUsed(String location, String rewritten) {
        assertThat(rewrite(9001, null, "shop.example").rewrite(location)).isEqualTo(rewritten);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://api.internal:9001/v1/y",
                "http://api.internal/v1/y",
                "http://api.internal:9002/v1/y",
                "http://api.internal:09001/v1/y",
                "http://api.internal:9001x/v1/y",
                "http://api.internal:/v1/y",
                "http://192.0.2.8:9001/v1/y",
                "http://user@api.internal:9001/v1/y",
                "http://api.internal:9001@evil.example/v1/y",
                "http://api.internal:9001\\@evil.example/v1/y",
                "http://api.internal.evil.example:9001/v1/y",
                "http://shop.example/v1/y",
                "http://api.internal:9001",
                "http://api.internal:9001/",
                "http://api.internal:9001/v12",
                "http://api.internal:9001/v1/../y",
                "http://api.internal:9001/v1/%zz",
                "http:/v1/y",
                "ftp://api.internal:9001/v1/y",
                "javascript://api.internal:9001/v1/y",
                "v1/y",
                "../v1/y",
                "?v1",
                "#/v1",
                "",
                "://",
                "//",
                "http://",
                "http://[/v1",
                "http://]:9001/v1",
                "/",
                "/v2/y",
                "/v1\\",
                "mailto:a@api.internal",
            })
    void allElseStaysAsItIs(String location) {
        assertThat(rewrite(9001, null, "shop.example").rewrite(location)).isEqualTo(location);
    }

    @ParameterizedTest
    @CsvSource({
        "http,  80,  http://api.internal/v1/y,      https://shop.example/shop/y",
        "http,  80,  http://api.internal:80/v1/y,   https://shop.example/shop/y",
        "http,  80,  http://192.0.2.7/v1/y,         https://shop.example/shop/y",
        "http,  80,  http://[::ffff:192.0.2.7]/v1/y, https://shop.example/shop/y",
        "http,  443, http://api.internal/v1/y,      http://api.internal/v1/y",
        "https, 443, https://api.internal/v1/y,     https://shop.example/shop/y",
        "https, 443, http://api.internal:443/v1/y,  http://api.internal:443/v1/y",
        "https, 80,  https://api.internal/v1/y,     https://api.internal/v1/y",
    })
    void theDefaultPortMayBeLeftOut(String scheme, int port, String location, String rewritten) {
        assertThat(rewrite(scheme, new byte[] {(byte) 192, 0, 2, 7}, port, null, "shop.example")
                        .rewrite(location))
                .isEqualTo(rewritten);
    }

    @ParameterizedTest
    @CsvSource({
        "http://[::1]:9001/v1/y,           https://shop.example/shop/y",
        "http://[0:0:0:0:0:0:0:1]:9001/v1, https://shop.example/shop",
        "http://[::2]:9001/v1/y,           http://[::2]:9001/v1/y",
        "http://[::1]/v1/y,                http://[::1]/v1/y",
    })
    void anAddressOfIpv6IsTheSameHoweverItIsWritten(String location, String rewritten) {
        byte[] address = new byte[16];
        address[15] = 1;
        assertThat(rewrite("http", address, 9001, null, "shop.example").rewrite(location))
                .isEqualTo(rewritten);
    }

    @ParameterizedTest
    @CsvSource({
        "http://shop.example:8080/v1/y,  https://shop.example:8080/shop/y",
        "https://shop.example:8080/v1/y, https://shop.example:8080/shop/y",
        "http://api.internal:9001/v1/y,  https://shop.example:8080/shop/y",
        "http://shop.example/v1/y,       http://shop.example/v1/y",
        "ftp://shop.example:8080/v1/y,   ftp://shop.example:8080/v1/y",
    })
    void aTargetThatGetsTheClientsHostMayTakeItForItsOwn(String location, String rewritten) {
        assertThat(rewrite(9001, "shop.example:8080", "shop.example:8080").rewrite(location))
                .isEqualTo(rewritten);
    }

    /** Such a redirect used to lead back to where it came from, for ever. */
    @ParameterizedTest
    @CsvSource({
        "http,  https://shop.example/v1/y,      https://shop.example/shop/y",
        "http,  HTTPS://Shop.Example/v1/y,      HTTPS://Shop.Example/v1/y",
        "https, https://shop.example/v1/y,      https://shop.example/shop/y",
        "http,  http://shop.example/v1/y,       http://shop.example/shop/y",
        "http,  //shop.example/v1/y,            //shop.example/shop/y",
        "https, //shop.example/v1/y,            //shop.example/shop/y",
        "https, https://api.internal:9001/v1/y, http://shop.example/shop/y",
    })
    void aRedirectToTlsIsNotUndone(String targetScheme, String location, String rewritten) {
        byte[] address = {(byte) 192, 0, 2, 7};
        assertThat(rewrite(targetScheme, address, 9001, "shop.example", "http", "shop.example")
                        .rewrite(location))
                .isEqualTo(rewritten);
    }

    @ParameterizedTest
    @CsvSource({"http://api.internal:9001/v1/y, http://api.internal:9001/v1/y", "/v1/y, /shop/y"})
    void whereTheClientHasSaidNoHostOnlyPathsAreRewritten(String location, String rewritten) {
        assertThat(rewrite(9001, null, null).rewrite(location)).isEqualTo(rewritten);
    }

    /** Without the base path, {@code /v1//evil.example} would be the address of another host. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1//evil.example",
                "/v1//evil.example/y",
                "/v1/\\evil.example",
                "/v1/\t/evil.example",
                "/v1/\t\t\\evil.example"
            })
    void noPathBecomesAHost(String location) throws UnknownHostException {
        HttpHost target = new HttpHost("http", InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), "t", 1);
        LocationRewrite withoutPrefix =
                new LocationRewrite(new Rule<>("/", "", "demo"), "/x", target, "/v1", null, "http", "shop.example");
        assertThat(withoutPrefix.rewrite(location)).isEqualTo(location);
    }
}
