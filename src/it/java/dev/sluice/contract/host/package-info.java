/** The hosts that the WAR runs in, each in a process of its own. */
package dev.sluice.contract.host;
