using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Pricing.Facade;

/// <summary>Everything the edge needs to know. It holds no credential of any store: it only dials the coordinator.</summary>
public sealed record FacadeOptions
{
    /// <summary>Where the coordinators are, e.g. http://127.0.0.1:7400 (h2c) or https://… ; a balancer may stand there.</summary>
    public required Uri Coordinator { get; init; }

    /// <summary>Where to listen; port 0 takes a free one, to be read from the app's Urls after start.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>With a certificate the listener speaks TLS with HTTP/2 and HTTP/1.1; without, plain HTTP/1.1.</summary>
    /// <remarks>Browsers open six HTTP/1.1 connections per origin: six watch streams and the page stands still. Screens want TLS.</remarks>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Origins whose pages may call us, e.g. https://mes.example.com; "*" for any; empty for same-origin only.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>On whose behalf requests are made, until authentication names the partner.</summary>
    public string Partner { get; init; } = "partners/local";

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
