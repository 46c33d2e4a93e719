/**
 * Sluice, an HTTP load balancer in one WAR: the servlet that every request enters, the listener that reads the
 * configuration, and the load balancer that the configuration becomes.
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
