namespace Pricing.Coordinator.Models;

/// <summary>Measures a model while its upload is still coming. Only ever saves time: whatever it does, the upload and the quote that follows go their usual way.</summary>
public interface IAheadMeasuring
{
    /// <summary>Null when nobody is free for it, or nothing is to be done.</summary>
    Task<IAheadRun?> BeginAsync(string partner, byte[] sha256, long bytes, string fileName, IModelUpload upload, CancellationToken cancel);
}

/// <summary>One model on its way to a node and into the store at the same time.</summary>
public interface IAheadRun
{
    /// <summary>The upload ended badly: nobody is to wait for its measurement.</summary>
    Task GiveUpAsync();
}
