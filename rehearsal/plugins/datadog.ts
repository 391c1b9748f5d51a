/**
 * Stand-in for the `datadog` provider plugin: Datadog's own client library against whatever API the provider's `apiUrl` names.
 *
 * It differs from the official plugin in this: it contacts nothing at preview, so that a wrong key and a monitor that Datadog would refuse
 * show only on `up`; and it knows API tests, the ordinary log processors and objectives of type metric alone.
 */
import type { StandIn } from "./lib/contract";
import { serve } from "./lib/server";
import { checkSettings, connect, type DatadogClient, SETTINGS } from "./datadog/client";
import { dashboardJson } from "./datadog/dashboard";
import { downtimeSchedule } from "./datadog/downtime";
import { handlerOf } from "./datadog/handler";
import { logsMetric } from "./datadog/log-metric";
import { logsCustomPipeline } from "./datadog/log-pipeline";
import { monitor } from "./datadog/monitor";
import { serviceLevelObjective } from "./datadog/objective";
import { onCallEscalationPolicy } from "./datadog/on-call-policy";
import { onCallTeamRoutingRules } from "./datadog/on-call-routing";
import { onCallSchedule } from "./datadog/on-call-schedule";
import { syntheticsTest } from "./datadog/synthetics";
import { team, teamMembership } from "./datadog/team";

/** The `datadog` package. */
export const datadog: StandIn<DatadogClient> = {
  package: "datadog",
  config: SETTINGS,
  checkConfig: checkSettings,
  connect,
  resources: {
    "datadog:index/dashboardJson:DashboardJson": handlerOf(dashboardJson),
    "datadog:index/downtimeSchedule:DowntimeSchedule": handlerOf(downtimeSchedule),
    "datadog:index/logsCustomPipeline:LogsCustomPipeline": handlerOf(logsCustomPipeline),
    "datadog:index/logsMetric:LogsMetric": handlerOf(logsMetric),
    "datadog:index/monitor:Monitor": handlerOf(monitor),
    "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy": handlerOf(onCallEscalationPolicy),
    "datadog:index/onCallSchedule:OnCallSchedule": handlerOf(onCallSchedule),
    "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules": handlerOf(onCallTeamRoutingRules),
    "datadog:index/serviceLevelObjective:ServiceLevelObjective": handlerOf(serviceLevelObjective),
    "datadog:index/syntheticsTest:SyntheticsTest": handlerOf(syntheticsTest),
    "datadog:index/team:Team": handlerOf(team),
    "datadog:index/teamMembership:TeamMembership": handlerOf(teamMembership),
  },
};

if (require.main === module) void serve(datadog);
