package dev.sluice.contract;

import java.util.LinkedHashMap;
import java.util.Map;

/** The variables of one host, with their numbers. Not thread-safe. */
final class Settings {

    private final Map<String, String> variables = new LinkedHashMap<>();
    private int groups;
    private int rules;

    void set(String variable, String value) {
        variables.put(variable, value);
    }

    void group(String name, String... targets) {
        groups++;
        with("NAME", name);
        with("TARGETS", String.join(",", targets));
    }

    /** Sets an attribute of the group that was added last. */
    void with(String attribute, String value) {
        set("TARGET_GROUP_" + groups + "_" + attribute, value);
    }

    void rule(String pathPrefix, String pathRewrite, String targetGroup) {
        String rule = "LISTENER_RULE_" + ++rules;
        set(rule + "_PATH_PREFIX", pathPrefix);
        set(rule + "_PATH_REWRITE", pathRewrite);
        set(rule + "_TARGET_GROUP", targetGroup);
    }

    /** Adds a group, and a rule that maps {@code /name} to it. */
    void groupAtItsName(String name, String... targets) {
        group(name, targets);
        rule("/" + name, "", name);
    }

    Map<String, String> variables() {
        return variables;
    }
}
