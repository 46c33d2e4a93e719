package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetSyntaxTest {

    @ParameterizedTest
    @CsvSource({
        "localhost:8081,            localhost,    8081,  '',        localhost:8081",
        "a-b.example.com:1,         a-b.example.com, 1,  '',        a-b.example.com:1",
        "Example.COM.:65535,        Example.COM., 65535, '',        Example.COM.:65535",
        "my_service_1:80,           my_service_1, 80,    '',        my_service_1:80",
        "1a:80,                     1a,           80,    '',        1a:80",
        "127.0.0.1:80,              127.0.0.1,    80,    '',        127.0.0.1:80",
        "[::1]:8080,                ::1,          8080,  '',        [::1]:8080",
        "[2001:DB8::1:0]:80/v1,     2001:DB8::1:0, 80,   /v1,       [2001:DB8::1:0]:80",
        "[::ffff:192.0.2.1]:80,     ::ffff:192.0.2.1, 80, '',       [::ffff:192.0.2.1]:80",
        "a:80/,                     a,            80,    '',        a:80",
        "a:80/v1,                   a,            80,    /v1,       a:80",
        "a:80/v1/x//,               a,            80,    /v1/x,     a:80",
        "a:80/x:y@z;v=1/~%20%2F+$,  a,            80,    /x:y@z;v=1/~%20%2F+$, a:80",
    })
    void aTargetIsHostnamePortAndBaseUri(String target, String hostname, int port, String basePath, String authority) {
        TargetConfiguration parsed = TargetSyntax.parse(target);
        assertThat(parsed).isEqualTo(new TargetConfiguration(hostname, port, basePath, 1));
        assertThat(TargetConfiguration.authority(parsed.hostname(), parsed.port()))
                .isEqualTo(authority);
    }

    @ParameterizedTest
    @CsvSource({
        "srv+http://_api._tcp.example.com,     _api._tcp.example.com, ''",
        "SRV+HTTP://api.service.consul.,       api.service.consul.,   ''",
        "srv+http://_api._tcp.example.com/v1/, _api._tcp.example.com, /v1",
    })
    void aServiceIsANameOfSrvRecordsAndABaseUri(String target, String name, String basePath) {
        TargetConfiguration parsed = TargetSyntax.parse(target);
        assertThat(parsed).isEqualTo(new TargetConfiguration(name, 0, basePath, 1));
        assertThat(parsed.isService()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.53         | 192.0.2.53     | 53",
                "192.0.2.53:5353    | 192.0.2.53     | 5353",
                "[2001:db8::53]     | 2001:db8:0:0:0:0:0:53 | 53",
                "[2001:db8::53]:54  | 2001:db8:0:0:0:0:0:53 | 54",
            })
    void aNameServerIsAnAddressAndAPort(String resolver, String address, int port) {
        assertThat(TargetSyntax.resolver(resolver).getAddress().getHostAddress())
                .isEqualTo(address);
        assertThat(TargetSyntax.resolver(resolver).getPort()).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "dns.example.com", "192.0.2.53:", "192.0.2.53:0", "2001:db8::53", "192.0.2:53", "[]"})
    void whatIsNoAddressIsNoNameServer(String resolver) {
        assertThatIllegalArgumentException().isThrownBy(() -> TargetSyntax.resolver(resolver));
    }

    @ParameterizedTest
    @CsvSource({
        "a:80,                1",
        "a:80 weight=0,       0",
        "a:80 weight=5,       5",
        "a:80/v1 weight=1000, 1000",
        "a:80 weight=007,     7",
        "[::1]:80   weight=5, 5",
        "'a:80\tweight=5',    5",
    })
    void theWeightFollowsAfterSpaceAndIs1WithoutIt(String target, int weight) {
        assertThat(TargetSyntax.parse(target).weight()).isEqualTo(weight);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "localhost         | the port of localhost is missing",
                "localhost:        | the port of localhost: is missing",
                "localhost/v1:80   | the port of localhost is missing",
                "[::1]             | the port of [::1] is missing",
                "localhost:0       | the port must be 1 to 65535, not 0",
                "localhost:65536   | the port must be 1 to 65535, not 65536",
                "localhost:99999   | the port must be 1 to 65535, not 99999",
                "localhost:-1      | the port must be 1 to 65535, not -1",
                "localhost:http    | the port must be 1 to 65535, not http",
                "localhost:80?x    | the port must be 1 to 65535, not 80?x",
                "srv+http://a:80   | a service must be a name such as srv+http://_api._tcp.example.com, without a port, not \"a:80\"",
                "srv+http://       | a service must be a name",
                "srv+https://a     | a service begins with srv+http://",
                "SRV+a             | a service begins with srv+http://",
                "a:80;b:80         | targets are separated by commas, not by semicolons",
                "a:80;b:80/v1      | targets are separated by commas, not by semicolons",
                "srv+http://1.2.3.4 | a service must be a name",
                "srv+http://a weight=2 | the weights of a service are those of its SRV records; leave weight= away",
                "http://a:80/v1    | leave the scheme http:// away: a:80/v1",
                "HTTP://a:80       | leave the scheme http:// away: a:80",
                "https://a:443     | leave the scheme https:// away, and set PROTOCOL=HTTPS for the group",
                "a:80 weight=      | the weight must be a whole number from 0 to 1000, not \"\"",
                "a:80 weight=-1    | the weight must be a whole number from 0 to 1000, not \"-1\"",
                "a:80 weight=+1    | the weight must be a whole number from 0 to 1000, not \"+1\"",
                "a:80 weight=0.5   | the weight must be a whole number from 0 to 1000, not \"0.5\"",
                "a:80 weight=1001  | the weight must be a whole number from 0 to 1000, not \"1001\"",
                "a:80 weight=99999999999 | the weight must be a whole number from 0 to 1000",
                "a:80 weight= 5    | the weight must be a whole number from 0 to 1000, not \" 5\"",
                "a:80 weight=1 weight=2 | the weight must be a whole number from 0 to 1000",
                "a:80 Weight=5     | \"Weight=5\" is not an attribute of a target",
                "a:80 weight       | \"weight\" is not an attribute of a target",
                "a:80 5            | \"5\" is not an attribute of a target",
                "a:80 backup       | \"backup\" is not an attribute of a target; a target is hostname:port[/base-uri] [weight=W]",
                "a:80 b:80         | and targets are separated by commas",
                "a weight=5        | the port of a is missing",
                "weight=5          | the port of weight=5 is missing",
                ":80               | a hostname must be",
                "a..b:80           | a hostname must be",
                ".a:80             | a hostname must be",
                "-a:80             | a hostname must be",
                "a-:80             | a hostname must be",
                "user@a:80         | a hostname must be",
                "*:80              | a hostname must be",
                "ä:80              | a hostname must be",
                "a%20b:80          | a hostname must be",
                "256.0.0.1:80      | an IPv4 address must be four numbers from 0 to 255",
                "127.1:80          | an IPv4 address must be four numbers from 0 to 255",
                "127.0.0.01:80     | an IPv4 address must be four numbers from 0 to 255",
                "1.2.3.4.5:80      | an IPv4 address must be four numbers from 0 to 255",
                "80:80             | an IPv4 address must be four numbers from 0 to 255",
                "::1:8080          | an IPv6 address must stand in brackets",
                "[]:80             | [] must be an IPv6 address",
                "[:::1]:80         | [:::1] must be an IPv6 address",
                "[1:2:3]:80        | [1:2:3] must be an IPv6 address",
                "[12345::]:80      | [12345::] must be an IPv6 address",
                "[127.0.0.1]:80    | [127.0.0.1] must be an IPv6 address",
                "[localhost]:80    | [localhost] must be an IPv6 address",
                "[fe80::1%eth0]:80 | [fe80::1%eth0] must be an IPv6 address",
                "a:80/v1?x         | a path must not have the character '?'",
                "a:80/../x         | the path must not have the segments . and ..",
            })
    void anythingElseIsRefusedWithWhatWouldBeRight(String target, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetSyntax.parse(target))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"63, 4, true", "64, 1, false", "63, 5, false"})
    void aLabelIsAtMost63LongAndAHostname253(int labelLength, int labels, boolean legal) {
        String hostname = ".".concat("a".repeat(labelLength)).repeat(labels).substring(1);
        String target = (labels == 4 ? hostname.substring(2) : hostname) + ":80";
        if (legal) {
            assertThat(TargetSyntax.parse(target).hostname()).hasSize(253);
        } else {
            assertThatIllegalArgumentException().isThrownBy(() -> TargetSyntax.parse(target));
        }
    }
}
