package dev.sluice.config;

/**
 * One LISTENER_RULE_&lt;N&gt;. Immutable.
 *
 * @param pathPrefix begins with a slash and, but for {@code /} itself, does not end with one
 * @param pathRewrite the prefix that is taken off the path: empty for none, else of pathPrefix's form
 * @param targetGroup the name of a configured target group
 */
public record RuleConfiguration(String pathPrefix, String pathRewrite, String targetGroup) {}
