locals {
  # Each graph: a title, a statistic, and the metrics as the dashboard's JSON wants them.
  graphs = [
    {
      title = "Executions"
      stat  = "Sum"
      metrics = [
        for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"] :
        ["AWS/States", metric, "StateMachineArn", var.state_machine_arn]
      ]
    },
    {
      title   = "Time of an execution, ms"
      stat    = "p90"
      metrics = [["AWS/States", "ExecutionTime", "StateMachineArn", var.state_machine_arn]]
    },
    {
      title = "Doubtful pictures"
      stat  = "Maximum"
      metrics = concat(
        [
          for metric in ["NumberOfMessagesSent", "ApproximateNumberOfMessagesVisible"] :
          ["AWS/SQS", metric, "QueueName", var.review_queue_name]
        ],
        [
          for queue in values(var.dead_letter_queue_names) :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
        ],
      )
    },
    {
      title = "Endpoint: calls and errors"
      stat  = "Sum"
      metrics = [
        for metric in ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors"] :
        ["AWS/SageMaker", metric, "EndpointName", var.endpoint.name, "VariantName", var.endpoint.variant_name]
      ]
    },
    {
      title = "Endpoint: time, µs"
      stat  = "p90"
      metrics = [
        for metric in ["ModelLatency", "OverheadLatency"] :
        ["AWS/SageMaker", metric, "EndpointName", var.endpoint.name, "VariantName", var.endpoint.variant_name]
      ]
    },
    {
      title = "Functions: time, ms"
      stat  = "p90"
      metrics = [
        for function in values(var.functions) : ["AWS/Lambda", "Duration", "FunctionName", function.name]
      ]
    },
    {
      title = "Functions: errors and throttles"
      stat  = "Sum"
      metrics = flatten([
        for function in values(var.functions) : [
          for metric in ["Errors", "Throttles"] : { line = ["AWS/Lambda", metric, "FunctionName", function.name] }
        ]
      ])[*].line
    },
  ]

  # What a graph of one's own metrics is: a title, a statistic, the namespace, the metrics.
  own_graphs = [
    for graph in concat(
      [
        ["Confidence of the answers", "Average", "Scones/Classification", ["Confidence", "OutOfDomain"]],
        ["Answers accepted and refused", "Sum", "Scones/Classification", ["Accepted", "Refused"]],
      ],
      var.drift == null ? [] : [
        ["Drift from the baseline", "Maximum", "Scones/Drift", ["ConfidencePSI", "ConfidenceKS", "ClassSharePSI", "BrightnessPSI", "ColourPSI"]],
        ["Drifted, and pictures out of domain", "Maximum", "Scones/Drift", ["Drifted", "OutOfDomainRate"]],
      ],
      ) : {
      title   = graph[0]
      stat    = graph[1]
      metrics = [for metric in graph[3] : [graph[2], metric, "Workflow", var.name]]
    }
  ]

  columns = 2
  width   = 12
  height  = 6
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, graph in concat(local.graphs, local.own_graphs) : {
        type   = "metric"
        x      = (index % local.columns) * local.width
        y      = floor(index / local.columns) * local.height
        width  = local.width
        height = local.height
        properties = {
          title   = graph.title
          region  = var.region
          stat    = graph.stat
          period  = 300
          view    = "timeSeries"
          metrics = graph.metrics
        }
      }
    ]
  })
}
