namespace Grpc.Core;

/// <summary>TLS credentials in PEM. Grpc.Net.Client takes only the default ones; its certificates are set on the HTTP handler.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    /// <summary>The trust of the machine, no client certificate.</summary>
    public SslCredentials()
        : this(null, null, null)
    {
    }

    /// <summary>These roots, no client certificate.</summary>
    public SslCredentials(string? rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    /// <summary>These roots and this client certificate.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    /// <summary>These roots, this client certificate and a last word on the peer.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        RootCertificates = rootCertificates;
        KeyCertificatePair = keyCertificatePair;
        VerifyPeerCallback = verifyPeerCallback;
    }

    /// <summary>Trusted roots; null for those of the machine.</summary>
    public string? RootCertificates { get; }

    /// <summary>The certificate of the client; null for none.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; }

    /// <summary>Asked after the usual checks passed.</summary>
    public VerifyPeerCallback? VerifyPeerCallback { get; }

    internal override bool IsComposable => true;

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, VerifyPeerCallback);
}

/// <summary>A certificate chain with its private key, both PEM.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>A pair.</summary>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>The chain, own certificate first.</summary>
    public string CertificateChain { get; }

    /// <summary>The private key.</summary>
    public string PrivateKey { get; }
}

/// <summary>Says whether the peer is acceptable.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>The peer to judge.</summary>
public class VerifyPeerContext
{
    /// <summary>A peer.</summary>
    public VerifyPeerContext(string targetName, string peerPem)
    {
        ArgumentNullException.ThrowIfNull(targetName);
        ArgumentNullException.ThrowIfNull(peerPem);
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The name dialled.</summary>
    public string TargetName { get; }

    /// <summary>The certificate of the peer, PEM.</summary>
    public string PeerPem { get; }
}
