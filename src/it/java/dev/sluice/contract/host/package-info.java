/** The hosts that the WAR runs in, each as a process of its own. */
package dev.sluice.contract.host;
