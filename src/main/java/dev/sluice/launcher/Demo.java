package dev.sluice.launcher;

import dev.sluice.launcher.MockTarget.Behaviour;
import java.net.BindException;
import java.util.HashMap;
import java.util.Map;

/**
 * Mock targets, and a configuration in front of them that shows what Sluice does; {@code src/examples/requests.sh}
 * walks through it.
 */
final class Demo {

    private static final Behaviour SLOW = new Behaviour(60_000, 200);

    /** %1$d, %2$d and %3$d are the ports of the mock targets, %4$d that of a slow one. Nothing listens on port 1. */
    private static final String CONFIGURATION = """
            ADMIN_PATH=/-/sluice
            TARGET_GROUP_1_NAME=all
            TARGET_GROUP_1_TARGETS=127.0.0.1:%1$d,127.0.0.1:%2$d,127.0.0.1:%3$d
            TARGET_GROUP_1_HEALTH_CHECK_PATH=/health
            TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS=1
            TARGET_GROUP_2_NAME=second
            TARGET_GROUP_2_TARGETS=127.0.0.1:%2$d
            TARGET_GROUP_2_HEALTH_CHECK_PATH=/health
            TARGET_GROUP_2_HEALTH_CHECK_INTERVAL_SECONDS=1
            TARGET_GROUP_3_NAME=third-v1
            TARGET_GROUP_3_TARGETS=127.0.0.1:%3$d/v1
            TARGET_GROUP_3_HEALTH_CHECK_PATH=/health
            TARGET_GROUP_3_HEALTH_CHECK_INTERVAL_SECONDS=1
            TARGET_GROUP_4_NAME=refusing
            TARGET_GROUP_4_TARGETS=127.0.0.1:1
            TARGET_GROUP_5_NAME=unresolved
            TARGET_GROUP_5_TARGETS=no-such-host.invalid:80
            TARGET_GROUP_6_NAME=slow
            TARGET_GROUP_6_TARGETS=127.0.0.1:%4$d
            LISTENER_RULE_1_PATH_PREFIX=/test
            LISTENER_RULE_1_TARGET_GROUP=all
            LISTENER_RULE_2_PATH_PREFIX=/test/second
            LISTENER_RULE_2_TARGET_GROUP=second
            LISTENER_RULE_3_PATH_PREFIX=/rewrite
            LISTENER_RULE_3_PATH_REWRITE=/rewrite
            LISTENER_RULE_3_TARGET_GROUP=third-v1
            LISTENER_RULE_4_PATH_PREFIX=/refusing
            LISTENER_RULE_4_TARGET_GROUP=refusing
            LISTENER_RULE_5_PATH_PREFIX=/unresolved
            LISTENER_RULE_5_TARGET_GROUP=unresolved
            LISTENER_RULE_6_PATH_PREFIX=/slow
            LISTENER_RULE_6_TARGET_GROUP=slow
            """;

    /** %1$d is the listener's port; %2$d, %3$d and %4$d are the ports of the mock targets. */
    private static final String INVITATION = """

            What happens is at http://localhost:%1$d/-/sluice/status

            Three mock targets, and Sluice in front of them. Try:

              curl localhost:%1$d/test                each target in its turn
              curl localhost:%1$d/test/second         a longer prefix: always the second target
              curl 'localhost:%1$d/rewrite/a?b=c'     its target is asked for /v1/a?b=c
              curl -d hello localhost:%1$d/test       a body
              curl -i localhost:%1$d/                 404: no rule matches
              curl -i localhost:%1$d/refusing         502: the target refuses the connection
              curl -i localhost:%1$d/unresolved       503: the target's name does not resolve
              curl -i localhost:%1$d/slow             504: the target is silent for too long

            src/examples/requests.sh tries them all. The targets are checked every second: stop one, and the others have its
            requests; stop all, and there is 503; start one, and there is 200 again.

              curl -X POST localhost:%2$d/-/stop                   ends a target; the others are at %3$d and %4$d
              java -jar target/sluice.war mock-target %2$d         starts it again, in another terminal

            Ctrl-C ends the demo.

            """;

    private final int[] ports;
    private final String configuration;

    private Demo(int first, int second, int third, int slow) {
        this.ports = new int[] {first, second, third};
        this.configuration = CONFIGURATION.formatted(first, second, third, slow);
    }

    /** Starts the mock targets, on ports 9001 to 9003 where those are free. They end with the process. */
    static Demo start() throws Exception {
        int first = startTarget(9001).port();
        int second = startTarget(9002).port();
        int third = startTarget(9003).port();
        int slow = MockTarget.start(0, SLOW).port();
        return new Demo(first, second, third, slow);
    }

    /** Tells the user what to try, with Sluice on that port. */
    String invitation(int listenerPort) {
        return INVITATION.formatted(listenerPort, ports[0], ports[1], ports[2]);
    }

    private static MockTarget startTarget(int preferredPort) throws Exception {
        try {
            return MockTarget.start(preferredPort, Behaviour.PLAIN);
        } catch (BindException e) {
            return MockTarget.start(0, Behaviour.PLAIN);
        }
    }

    /** The environment, but with the demo's rules and target groups in place of its own, and without CONFIG_FILE. */
    Map<String, String> environment(Map<String, String> environment) {
        Map<String, String> demo = new HashMap<>(environment);
        demo.keySet().removeIf(CommandLine::configures);
        demo.putIfAbsent("CONNECTION_TIMEOUT", "2000");
        configuration.lines().map(line -> line.split("=", 2)).forEach(variable -> demo.put(variable[0], variable[1]));
        return demo;
    }
}
