namespace Pricing;

/// <summary>
/// Every bound of the platform: queues, buffers, messages, retries, loops, lengths, counts. One file, compiled into each room,
/// so that a reader sees them together and a test can check the relations between them. Nothing elsewhere may hold a magic bound.
/// </summary>
static class Limits
{
    /// <summary>Bounds on what a model file may be.</summary>
    public static class Mesh
    {
        /// <summary>Largest file accepted anywhere: 700 MiB, a binary STL of 14.6 million triangles.</summary>
        public const long FileBytesMax = 700L << 20;

        /// <summary>Largest number of triangles a file may expand to, instances included.</summary>
        public const long TrianglesMax = 50_000_000;

        /// <summary>Largest number of vertices an indexed format may hold in memory (12 bytes each).</summary>
        public const int VerticesMax = 30_000_000;

        /// <summary>Vertices a 3MF or AMF may hold in memory (24 bytes each: they are placed after they are read).</summary>
        public const int PackageVerticesMax = 15_000_000;

        /// <summary>Largest absolute coordinate after unit and scale, in millimetres (1 km).</summary>
        public const double CoordinateMmMax = 1e6;

        /// <summary>Longest line of a text format. A longer one is refused, whatever the file's size.</summary>
        public const int TextLineBytesMax = 64 << 10;

        /// <summary>Corners of one polygon of an indexed format.</summary>
        public const int PolygonCornersMax = 4096;

        /// <summary>Zip containers (3MF): entries, inflated bytes, inflation ratio, compressed bytes kept in memory.</summary>
        public const int ZipEntriesMax = 1000;
        public const long ZipInflatedBytesMax = 1L << 30;
        public const int ZipInflationRatioMax = 200;
        public const long ContainerBytesMax = 256L << 20;
        public const int ZipNameBytesMax = 1024;

        /// <summary>Nesting of XML elements, 3MF components and glTF nodes.</summary>
        public const int XmlDepthMax = 64;
        public const int XmlNameBytesMax = 256;
        public const int XmlAttributesMax = 64;
        public const int ComponentDepthMax = 32;
        public const int ComponentsMax = 100_000;

        /// <summary>Objects of a 3MF or AMF, nodes, accessors or buffers of a glTF.</summary>
        public const int ObjectsMax = 100_000;

        /// <summary>Characters of one number or name in an AMF element.</summary>
        public const int AmfTextBytesMax = 128;

        /// <summary>Elements of a PLY header and properties of one element.</summary>
        public const int PlyElementsMax = 32;
        public const int PlyPropertiesMax = 64;

        /// <summary>Bytes of the JSON part of a glTF file.</summary>
        public const int GltfJsonBytesMax = 64 << 20;

        /// <summary>Above this many triangles shells and boundary edges are not counted (the closed verdict still is exact). A closed mesh of so many
        /// takes 60 bytes per triangle while its edges are counted.</summary>
        public const int TopologyTrianglesMax = 14_000_000;

        /// <summary>Pairs of shells compared to tell a cavity from a shell turned inside out; with more, shells are left as they are.</summary>
        public const long ShellPairsMax = 10_000_000;

        /// <summary>Tiles under way between the decoder and each measuring thread (18 KB each).</summary>
        public const int TilesPerThreadMax = 16;

        /// <summary>Rows of the layer profile; a taller part gets no layer-based estimate.</summary>
        public const int LayersMax = 100_000;

        /// <summary>Scale factor a caller may ask for.</summary>
        public const double ScaleMin = 1e-6;
        public const double ScaleMax = 1e6;

        /// <summary>Threads one measurement may use.</summary>
        public const int ThreadsMax = 64;
    }

    /// <summary>Bounds on the raster estimate of filament prints.</summary>
    public static class Fdm
    {
        /// <summary>Cells of one layer's raster: a larger part gets larger cells. A cell costs 8 bytes on each of up to <see cref="RasterLayersHeldMax"/> layers.</summary>
        public const int RasterCellsMax = 1 << 20;

        /// <summary>Layers held at once; shells of more layers than fit are answered by sums over triangles.</summary>
        public const int RasterLayersHeldMax = 64;

        /// <summary>Crossings of triangles and planes: more, and the part is answered by sums over triangles.</summary>
        public const long CrossingsMax = 1_000_000_000;

        /// <summary>Points of one wave of the gyroid sample.</summary>
        public const int PatternPointsMax = 4096;

        /// <summary>Triangles that are rasterised (36 bytes each, and their crossings); a larger part is answered by sums over triangles.</summary>
        public const int RasterTrianglesMax = 2_000_000;

        /// <summary>Text of a printer profile.</summary>
        public const int ProfileCharsMax = 1 << 20;
        public const int ProfileLinesMax = 10_000;
    }

    /// <summary>Bounds on the search for the way a part should lie.</summary>
    public static class Orientation
    {
        /// <summary>
        /// What the histogram of normals holds in 64 bits (28, 20 and 10 of them behind the point): twice the area, six times its first moment,
        /// twice its second. 2⁵² mm⁴ is a part of 25 m² that reaches 5 m; beyond, no search.
        /// </summary>
        public const long Area2Mm2Max = 1L << 34;
        public const long Moment6Mm3Max = 1L << 42;
        public const long Square2Mm4Max = 1L << 52;

        /// <summary>Heaviest directions of the surface that are tried flat on the bed, beside the fixed thousand.</summary>
        public const int FlatsMax = 64;

        /// <summary>Ways measured with supports, per process, beside the part's own.</summary>
        public const int ChecksPerGoalMax = 5;

        /// <summary>Ways measured by their smallest rectangle, for the process that packs boxes.</summary>
        public const int FootprintsPerGoalMax = 8;

        /// <summary>Edges of an outline that are tried as a side of its rectangle.</summary>
        public const int FootprintEdgesMax = 64;
    }

    /// <summary>Bounds on what is said about a part's shape.</summary>
    public static class Shape
    {
        /// <summary>Points held against planes by the convex hull, about 4 ns each. Beyond, there is no hull.</summary>
        public const long HullTestsMax = 2_000_000_000;

        /// <summary>Triangles of an exact hull, 104 bytes each; beyond, points that are hardly outside are left out.</summary>
        public const int HullTrianglesMax = 500_000;

        /// <summary>Faces of the hull, the largest first, that a box is laid against; vertices that each try looks at.</summary>
        public const int BoxFacesMax = 256;
        public const int BoxVerticesMax = 2_048;

        /// <summary>Above this many triangles edges, faces and holes through the part are not counted: 200 bytes each while they are.</summary>
        public const int EdgeTrianglesMax = 4_000_000;

        /// <summary>Width and height of a thumbnail, pixels. Each pixel has four samples of eight bytes.</summary>
        public const int ThumbnailPixelsMax = 2_048;
    }

    /// <summary>
    /// Bounds on dexel fields. With them an analysis of ten million triangles takes at most about 300 MB beside the mesh: three fields of
    /// 8 bytes per crossing, 16 bytes per crossing of the one being built, 8 bytes per vertex; the floods 24 bytes per gap; the tree 24 bytes per triangle.
    /// </summary>
    public static class Dexel
    {
        /// <summary>Finest and coarsest cell a caller may ask for.</summary>
        public const double PitchMmMin = 0.01;
        public const double PitchMmMax = 100;

        /// <summary>Columns of one field: a larger part gets larger cells.</summary>
        public const int ColumnsMax = 1 << 20;

        /// <summary>Crossings of triangles and columns in one field: with more the cells grow.</summary>
        public const int CrossingsMax = 6_000_000;

        /// <summary>How often the cells may grow by half before the part gets no field.</summary>
        public const int CoarseningsMax = 12;

        /// <summary>Bands of rows a field is built in; more threads than bands would idle.</summary>
        public const int BandsMax = 64;

        /// <summary>Rays that confirm thin walls and narrow gaps, and triangles among which they are traced.</summary>
        public const int RaysMax = 6_144;
        public const int RayTrianglesMax = 12_000_000;

        /// <summary>A triangle of a heat map is looked at in the square of this many places.</summary>
        public const int PlacesPerEdgeMax = 48;
    }

    /// <summary>Bounds on looking for holes, overlaps and self-intersections.</summary>
    public static class Topology
    {
        /// <summary>Vertices of an indexed mesh: half as many as triangles when it is closed. Bounds the vertex table (12 + 16 bytes each) for loose triangles.</summary>
        public const int VerticesMax = 8_000_000;

        /// <summary>Larger meshes are told open from closed, but not repaired: repairing takes about 40 bytes per triangle beside the index.</summary>
        public const int RepairTrianglesMax = 4_000_000;

        /// <summary>Larger meshes are not searched for triangles that cross (about 100 bytes per triangle).</summary>
        public const int CrossingTrianglesMax = 2_000_000;

        /// <summary>Crossing pairs counted; with more the count is "at least".</summary>
        public const int CrossingPairsMax = 100_000;

        /// <summary>Box comparisons of all searches in one mesh; a closed one takes about 100 per triangle.</summary>
        public const long BoxTestsMax = 2_000_000_000;

        /// <summary>Columns along each side of the grid that measures overlaps; halved until the tests below suffice.</summary>
        public const int ColumnsPerSideMax = 256;
        public const int ColumnsPerSideMin = 16;

        /// <summary>Tests of columns against triangles; at most as many cuts of 16 bytes are kept.</summary>
        public const long ColumnTestsMax = 16_000_000;

        /// <summary>Open edges that are followed around holes.</summary>
        public const int OpenEdgesMax = 8_000_000;

        /// <summary>Corners of a hole that is closed with triangles.</summary>
        public const int HoleEdgesMax = 64;

        /// <summary>Places named of each kind of fault.</summary>
        public const int PlacesMax = 64;
    }

    /// <summary>Bounds on reusing what is known of a part that changed a little.</summary>
    public static class Reuse
    {
        /// <summary>A smaller file is sent whole.</summary>
        public const long FileBytesMin = 1L << 20;

        /// <summary>One content-defined chunk of an upload; the mean is about twice the minimum.</summary>
        public const int ContentChunkBytesMin = 64 << 10;
        public const int ContentChunkBytesMax = 512 << 10;

        /// <summary>Chunks of one file, as they are listed, asked for and indexed. Enough for <see cref="Mesh.FileBytesMax"/> in the shortest chunks.</summary>
        public const int ContentChunksMax = 12_000;

        /// <summary>Sums of measured triangles one process keeps, least recently used first out. Ten million triangles take about half of it.</summary>
        public const long SumsBytesMax = 128L << 20;

        /// <summary>A chunk of triangles that spans more layers is measured without being remembered.</summary>
        public const int ChunkRowsMax = 512;
    }

    /// <summary>Bounds on what a quote may ask.</summary>
    public static class Quote
    {
        public const int ConfigurationsMax = 64;
        public const int QuantitiesMax = 32;
        public const long QuantityMax = 1_000_000;

        /// <summary>Prices of one quote after wildcards are expanded. The longest breakdown (a cast part in another currency) takes about
        /// 7.3 kB, so that many stay well within one gRPC message.</summary>
        public const int PricesMax = 768;
        public const int PageSizeMax = 200;
        public const int PageSizeDefault = 50;
        public const int FileNameCharsMax = 255;
        public const int WaitSecondsMax = 30;

        /// <summary>Longest lead time that is ever named; from far less on a person plans the order.</summary>
        public const int LeadTimeDaysMax = 3650;

        /// <summary>A quote ends by then, whatever happens.</summary>
        public const int DeadlineSeconds = 15 * 60;

        /// <summary>Firm prices hold this long.</summary>
        public const int ValidDays = 14;

        /// <summary>Quotes in flight on one bulk stream.</summary>
        public const int BulkInFlightMax = 256;

        /// <summary>Stored prices of one quote; above it the quote fails instead of growing past a message.</summary>
        public const int PricesBytesMax = 6 << 20;

        /// <summary>A page of a list ends when its quotes reach this size, so that it always fits one message.</summary>
        public const int PageBytesMax = 3 << 20;

        /// <summary>Quotes settled in one transaction.</summary>
        public const int SettleBatchMax = 64;

        /// <summary>Waiting quotes are compared with the database this often, besides the in-process signals.</summary>
        public const int PollMs = 1_000;

        /// <summary>Progress frames of one watcher are at least this far apart.</summary>
        public const int ProgressMs = 100;

        /// <summary>A watcher hears something at least this often.</summary>
        public const int WatchHeartbeatMs = 5_000;

        /// <summary>Queue positions are counted up to here, and estimated beyond.</summary>
        public const int QueuePositionMax = 1_000;

        /// <summary>Price list versions kept parsed in memory.</summary>
        public const int ParsedPriceListsMax = 32;

        /// <summary>Names and figures of a printer profile a caller gives.</summary>
        public const int ProfileNameCharsMax = 100;
        public const double ProfileValueMax = 1e6;

        /// <summary>Replays of a request id are answered this long.</summary>
        public const int RequestDaysMax = 7;
    }

    /// <summary>Bounds on the cache in front of the database: memory (L1) and Redis (L2).</summary>
    public static class Cache
    {
        /// <summary>All values of L1, as they are counted; kept in that many shards, each with its own lock for writing.</summary>
        public const long MemoryBytesMax = 64L << 20;
        public const int Shards = 16;

        /// <summary>What an entry of L1 costs beside its value: key, entry and dictionary node.</summary>
        public const int EntryBytes = 256;

        /// <summary>One value, in either tier; a larger one is answered and not kept.</summary>
        public const int ValueBytesMax = 512 << 10;

        /// <summary>What is asked, written out as the key of its answer; longer questions are answered and not kept.</summary>
        public const int KeyTextBytesMax = 8 << 10;

        /// <summary>Prices and measurements never change under their key; these only bound how long memory and Redis keep them.
        /// After the first time a value that is asked for is loaded anew in the background, so a hot one never ends.</summary>
        public const int PricesFreshSeconds = 300;
        public const int PricesSeconds = 600;
        public const int MeasurementFreshSeconds = 1_800;
        public const int MeasurementSeconds = 3_600;
        public const int RedisPricesSeconds = 3_600;
        public const int RedisMeasurementSeconds = 24 * 3_600;

        /// <summary>That a partner may see a model is believed this long without the database.</summary>
        public const int VisibilityFreshSeconds = 30;
        public const int VisibilitySeconds = 60;

        /// <summary>A time to live is shortened by up to this share (percent), so that values kept together do not end together.</summary>
        public const int JitterPercent = 10;

        /// <summary>Between two background loads of a value that could not be loaded.</summary>
        public const int RefreshMs = 1_000;

        /// <summary>One load, whoever waits for it.</summary>
        public const int LoadSeconds = 10;

        /// <summary>The active price list is looked up this often, and believed this long when the database does not answer.</summary>
        public const int PriceListPollMs = 500;
        public const int PriceListTrustMs = 60_000;

        /// <summary>One operation of Redis, and how many may be under way; above that Redis is not asked.</summary>
        public const int RedisMs = 50;
        public const int RedisInFlightMax = 128;

        /// <summary>Failures in a row that open the circuit breaker; then one probe each time this has passed, and a new connection
        /// after so many failed probes.</summary>
        public const int BreakerFailuresMax = 5;
        public const int BreakerOpenMs = 1_000;
        public const int ProbesPerConnectionMax = 10;

        /// <summary>A preview slower than this is logged; quicker ones are only counted.</summary>
        public const int SlowPreviewMs = 100;

        /// <summary>Connecting to Redis, in the background.</summary>
        public const int RedisConnectMs = 1_000;
    }

    /// <summary>Bounds on uploading and keeping model files.</summary>
    public static class Model
    {
        /// <summary>Uploads one coordinator takes at the same time.</summary>
        public const int ConcurrentUploadsMax = 64;

        /// <summary>Threads that force finished uploads to disk, and uploads one of them takes together.</summary>
        public const int CommitThreads = 4;
        public const int CommitBatchMax = 16;

        /// <summary>An upload that sends nothing for this long is refused.</summary>
        public const int UploadStallSeconds = 10;

        /// <summary>An upload slower than this, after the grace, is refused.</summary>
        public const int UploadBytesPerSecondMin = 64 << 10;
        public const int UploadGraceSeconds = 30;

        public const int PartnerCharsMax = 63;

        /// <summary>One part on its way into a bucket: read from the local file as it is sent, so it takes no memory of its own; 10,000 parts are allowed.</summary>
        public const int PartBytes = 8 << 20;

        /// <summary>Parts on their way at the same time, of all uploads of one coordinator; and copies that are fetched from the bucket.</summary>
        public const int PartsInFlightMax = 16;
        public const int FetchesMax = 8;

        /// <summary>Calls to a bucket: short ones, one part, an answer's first byte, silence in the middle of an answer.</summary>
        public const int BucketMs = 5_000;
        public const int PartMs = 60_000;
        public const int FirstByteMs = 3_000;
        public const int ReadStallMs = 10_000;

        /// <summary>How often one read of a copy is taken up again where it broke.</summary>
        public const int ResumesMax = 3;

        /// <summary>Failures in a row after which the bucket is asked only by a probe, each time this has passed.</summary>
        public const int BucketFailuresMax = 5;
        public const int BucketOpenMs = 15_000;

        /// <summary>Local copies in front of a bucket.</summary>
        public const long LocalBytesDefault = 16L << 30;

        /// <summary>A model that nobody asks for this long loses its bytes, unless told otherwise; what is known of it stays.</summary>
        public const int KeepDaysDefault = 180;
        public const int KeepDaysMax = 36_500;

        /// <summary>Models whose stored copy one coordinator remembers.</summary>
        public const int CopiesRememberedMax = 20_000;

        /// <summary>Bytes found damaged stay this long as evidence.</summary>
        public const int EvidenceDays = 7;

        /// <summary>The cleaner: its rounds, rows of one round, and the age at which an upload nobody ended is a leftover.</summary>
        public const int CleanSeconds = 600;
        public const int RemoveBatchMax = 200;
        public const int SweepBatchMax = 500;
        public const int LeftoverHours = 24;

        /// <summary>Reading a suspected copy anew.</summary>
        public const int CheckSeconds = 120;

        /// <summary>What a broken upload had brought is kept this long, for the next try, within these bounds; less than the least is not worth it.</summary>
        public const int BrokenMinutes = 30;
        public const int BrokenUploadsMax = 64;
        public const long BrokenBytesMax = 4L << 30;
        public const long BrokenBytesMin = 1L << 20;
    }

    /// <summary>Bounds on a measured part that may be priced. With the ranges that a price list may hold they keep every product within
    /// decimal: a test prices the largest of everything.</summary>
    public static class Part
    {
        /// <summary>A cube of 4.6 m.</summary>
        public const double VolumeMm3Max = 1e11;
        public const double AreaMm2Max = 1e11;
        public const double LengthMmMax = 1e7;
        public const double FilamentCm3Max = 1e8;

        /// <summary>31 years.</summary>
        public const double PrintTimeSMax = 1e9;

        /// <summary>A volume (mm³) or area (mm²) below is nothing.</summary>
        public const double FigureMin = 1e-9;
    }

    /// <summary>Bounds on the wire between client, coordinator and node.</summary>
    public static class Wire
    {
        /// <summary>One chunk of mesh bytes. Below the 85 kB large-object limit on purpose.</summary>
        public const int ChunkBytes = 64 << 10;

        /// <summary>Largest chunk accepted from a client.</summary>
        public const int ChunkBytesMax = 256 << 10;

        /// <summary>Largest gRPC message either way (a finished quote with all its lines).</summary>
        public const int MessageBytesMax = 8 << 20;

        /// <summary>Mesh bytes a coordinator sends ahead of a node's acknowledgement, per job.</summary>
        public const int WindowBytes = 8 << 20;

        /// <summary>Messages waiting on one stream's writer.</summary>
        public const int StreamWriterQueueMax = 256;

        /// <summary>Bytes a peer may send ahead of the reader, on one stream and on one connection: a stream whose reader waits for the database
        /// or the disk must not take the connection from the others.</summary>
        public const int StreamWindowBytes = 768 << 10;
        public const int ConnectionWindowBytes = Client.UploadsMax * StreamWindowBytes;

        /// <summary>Concurrent streams on one connection.</summary>
        public const int StreamsPerConnectionMax = 256;

        public const int HeartbeatMs = 2_000;
        public const int HeartbeatsMissedMax = 5;

        /// <summary>Open streams end this soon after a stop is asked for.</summary>
        public const int ShutdownMs = 2_500;
    }

    /// <summary>Bounds on jobs and leases. All times are the database's.</summary>
    public static class Job
    {
        public const int LeaseMs = 15_000;
        public const int RenewMs = 5_000;

        /// <summary>A renewal without an answer is given up by then and sent again: two may be lost within one lease.</summary>
        public const int RenewCallMs = 3_000;
        public const int RescueMs = 1_000;
        public const int AttemptsMax = 5;

        /// <summary>Worker processes one job may cost before it is quarantined.</summary>
        public const int WorkerDeathsMax = 2;

        /// <summary>What is kept of one worker's death.</summary>
        public const int EvidenceBytesMax = 16 << 10;
        public const int ClaimBatchMax = 32;

        /// <summary>The whole queue is looked at this often; when that takes longer than so much, claims begin where the look found the first job.</summary>
        public const int QueueLookMs = 1_000;
        public const int QueueLookSlowMs = 3;
        public const int RescueBatchMax = 500;

        /// <summary>The scheduler looks for work this often even when nobody woke it, and repeats a call that failed.</summary>
        public const int DispatchTickMs = 1_000;

        /// <summary>The scheduler's timers are looked at this often at least, and so many events may wait for it.</summary>
        public const int SchedulerTickMs = 250;
        public const int SchedulerEventsMax = 4_096;

        /// <summary>A lease a node gives back is offered again after this long, so that a node which always refuses cannot spin.</summary>
        public const int ReleaseBackoffMs = 500;

        /// <summary>Rows a maintenance loop removes in one statement.</summary>
        public const int CleanBatchMax = 1_000;

        /// <summary>Jobs in flight on one node: credits are refused above.</summary>
        public const int NodeCreditsMax = 64;

        public const int NodeNameCharsMax = 120;
        public const int NodesMax = 1_000;

        /// <summary>Of what is served while both lanes have work, each gets at least this share (percent).</summary>
        public const int LaneSharePercentMin = 30;

        /// <summary>Jobs waiting in one lane; above, what has to be measured first is refused. And of one partner, so that nobody fills a lane alone.</summary>
        public const int QueuedPerLaneMax = 100_000;
        public const int QueuedPerPartnerMax = 20_000;

        /// <summary>The queue is summed up this often, or less often: with this many times the pause that the summing took, up to so many rounds.</summary>
        public const int GaugeMs = 1_000;
        public const int GaugePausePerTime = 20;
        public const int GaugeRoundsSkippedMax = 10;

        /// <summary>No longer wait is ever predicted.</summary>
        public const int PredictedWaitSecondsMax = 24 * 3_600;

        /// <summary>A caller who was refused for the queue is asked to come back between these.</summary>
        public const int RetryAfterSecondsMin = 1;
        public const int RetryAfterSecondsMax = 600;

        /// <summary>Where the pool's rate is not known yet, that soon.</summary>
        public const int RetryAfterSecondsUnknown = 5;

        /// <summary>Partners with terms of their own, and a partner's weight within its lane.</summary>
        public const int PartnersListedMax = 10_000;
        public const int PartnerWeightMax = 100;

        /// <summary>A write to a node that takes longer ends its stream.</summary>
        public const int NodeWriteSeconds = 10;

        /// <summary>A node that acknowledges nothing for this long, with its window full, loses the lease.</summary>
        public const int AckSeconds = 60;

        /// <summary>A smaller model is sent faster than a lease is moved to the node that has it.</summary>
        public const long AffinityBytesMin = 256 << 10;

        /// <summary>Measuring ahead of the store begins once an upload has brought this much, this fast; when no byte comes for so long, it is given up.</summary>
        public const long AheadBytesMin = 1L << 20;
        public const long AheadBytesPerSecondMin = 8L << 20;
        public const int AheadStarveMs = 2_000;

        /// <summary>A node says who it is this soon after it dialled.</summary>
        public const int HelloSeconds = 10;
    }

    /// <summary>Bounds on the pricing node.</summary>
    public static class Node
    {
        /// <summary>Coordinators one node may be told of.</summary>
        public const int CoordinatorsMax = 32;

        /// <summary>Characters of a node's name.</summary>
        public const int NameCharsMax = 128;

        /// <summary>Pauses between two dials: full jitter below a bound that doubles from the first to the second.</summary>
        public const int DialBackoffFirstMs = 100;
        public const int DialBackoffMaxMs = 5_000;
        public const int ConnectSeconds = 3;

        /// <summary>A write that the coordinator does not take for this long ends the stream.</summary>
        public const int WriteSeconds = 10;

        /// <summary>A job's acknowledgement is sent each time this fraction of its window was consumed.</summary>
        public const int AcksPerWindow = 8;

        /// <summary>Between two progress frames of all jobs.</summary>
        public const int ProgressMs = 250;

        /// <summary>One CompleteJob call, and the pauses between two of them; the whole is bounded by the job's time left.</summary>
        public const int CompleteSeconds = 5;
        public const int CompleteBackoffFirstMs = 100;
        public const int CompleteBackoffMaxMs = 3_000;

        /// <summary>A coordinator that names no time left, or a longer one, gets this: a quote's deadline.</summary>
        public const int TimeLeftSecondsMax = Quote.DeadlineSeconds;

        /// <summary>Bytes of models a node keeps after it measured them, all and one; and how many it tells of. They are the very buffers they came in.</summary>
        public const long KeptBytesMax = 256L << 20;
        public const long KeptModelBytesMax = 64L << 20;
        public const int KeptModelsMax = 1_024;

        /// <summary>A stopping node waits this long for jobs that are nearly done before it releases them.</summary>
        public const int StopGraceMs = 1_000;
    }

    /// <summary>Bounds on the node's worker processes.</summary>
    public static class Worker
    {
        /// <summary>Resident memory of one worker; a part of 10 million triangles is measured well below.</summary>
        public const long MemoryBytesDefault = 2L << 30;

        /// <summary>Of it, what is not managed heap: code, stacks, the runtime. The heap's own limit is the rest.</summary>
        public const long NativeBytes = 128L << 20;

        /// <summary>Whatever the whole may be: a small mesh with all analyses needs about half of it.</summary>
        public const long HeapBytesMin = 64L << 20;

        /// <summary>No worker is given less; in so little it only starts.</summary>
        public const long MemoryBytesMin = 32L << 20;

        /// <summary>Time one job may keep a worker busy, waiting for bytes not counted; its CPU time is bounded by as much for each thread it has.</summary>
        public const int JobSeconds = 300;

        /// <summary>How often a worker with a job is looked at.</summary>
        public const int WatchMs = 100;

        /// <summary>A worker whose job was stopped lets go of it by then, or is ended.</summary>
        public const int LetGoMs = 400;

        /// <summary>A worker is replaced after this many jobs, or when between two jobs it holds more memory than this.</summary>
        public const int JobsMax = 500;
        public const long IdleRssBytesMax = 256L << 20;

        /// <summary>After a job a worker that holds more heap than this gives it back to the system.</summary>
        public const long RestBytes = 64L << 20;

        /// <summary>Sums of earlier parts that a worker remembers: well below what makes it rest.</summary>
        public const long SumsBytesMax = 32L << 20;

        /// <summary>Smaller models are summed up faster than remembered.</summary>
        public const long RememberedModelBytesMin = 4L << 20;

        /// <summary>From start to ready; a job waits as long for a worker before its lease is given back.</summary>
        public const int StartSeconds = 30;

        /// <summary>Starts of one node in a minute, and the pauses between starts that failed.</summary>
        public const int StartsPerMinuteMax = 120;
        public const int StartBackoffFirstMs = 100;
        public const int StartBackoffMaxMs = 5_000;

        /// <summary>From being killed to being gone.</summary>
        public const int ExitSeconds = 5;

        /// <summary>Characters kept of what a worker said last.</summary>
        public const int StderrCharsMax = 4_000;

        /// <summary>Bytes on their way to a worker.</summary>
        public const int PipeBytes = 1 << 20;
    }

    /// <summary>Bounds on price lists and the documents that hold them.</summary>
    public static class PriceList
    {
        public const int DocumentBytesMax = 1 << 20;
        public const int DocumentDepthMax = 32;
        public const int FaultsMax = 200;
        public const int ProcessesMax = 64;
        public const int MaterialsMax = 256;
        public const int PageSizeMax = 100;
        public const int PageSizeDefault = 20;

        /// <summary>Quotes one simulation prices again.</summary>
        public const int SimulatedQuotesMax = 100_000;
        public const int SimulationBatchMax = 200;
        public const int SimulationWorstMax = 20;
        public const int ChangesMax = 10_000;
        public const int FinishesMax = 64;
        public const int CurrenciesMax = 64;

        /// <summary>Nodes of the document: scalars, mappings and sequences. The standard list has about 1,000.</summary>
        public const int DocumentNodesMax = 50_000;
        public const int LabelCharsMax = 200;

        /// <summary>Largest rate, length and time a list may hold, in the list's currency, mm and minutes.</summary>
        public const decimal MoneyMax = 1_000_000m;
        public const decimal PerHourMax = 10_000m;
        public const decimal MmMax = 10_000m;
        public const decimal MinutesMax = 10_000m;
        public const int NoteCharsMax = 1_000;
        public const int IdCharsMax = 63;

        /// <summary>Characters of a faulty value that a fault quotes back.</summary>
        public const int QuotedCharsMax = 80;

        /// <summary>Known names that a refusal lists.</summary>
        public const int NamesListedMax = 64;
    }

    /// <summary>Bounds on the database.</summary>
    public static class Database
    {
        public const int PoolConnectionsMax = 40;
        public const int ConnectSeconds = 3;
        public const int StatementSeconds = 5;
        public const int LockSeconds = 1;
        public const int IdleInTransactionSeconds = 10;

        /// <summary>One migration may take this long.</summary>
        public const int MigrationSeconds = 300;

        /// <summary>Statements each connection keeps prepared.</summary>
        public const int PreparedStatementsMax = 64;
        public const int RetriesMax = 2;

        /// <summary>A transaction of ours that is open for longer is ended by a look at the server this often; PostgreSQL 15 has no bound of its own.</summary>
        public const int TransactionSeconds = 30;
        public const int TransactionWatchMs = 5_000;

        /// <summary>Whoever else holds a transaction this long is named in the log, so many at a time.</summary>
        public const int SnapshotWarnSeconds = 30;
        public const int TransactionsListedMax = 10;

        /// <summary>Connections to the read replica, and how often a lost host of several is tried again.</summary>
        public const int ReplicaConnectionsMax = 20;
        public const int HostRecheckSeconds = 1;

        /// <summary>The replica is asked how far it is this often, within this long; further behind than this it is not read from.</summary>
        public const int ReplicaProbeMs = 500;
        public const int ReplicaProbeSeconds = 1;
        public const int ReplicaLagMsMax = 5_000;

        /// <summary>Positions of the primary that are remembered to measure the replica's distance by.</summary>
        public const int ReplicaMarksMax = 64;
    }

    /// <summary>Bounds on what has ended: when it leaves the hot tables, and when the database altogether.</summary>
    public static class Archive
    {
        /// <summary>An ended job leaves the hot table this long after its end: by then most late answers have come.</summary>
        public const int AfterSeconds = 60;

        /// <summary>Rows of one batch, which is one short transaction, and the pause when there is nothing to do.</summary>
        public const int BatchMax = 500;
        public const int TickMs = 1_000;

        /// <summary>Months of ended jobs that are kept beside the current one.</summary>
        public const int MonthsMax = 13;

        /// <summary>A quarantined job that was released, and its tries, stay in the hot table this long: operators list them there.</summary>
        public const int QuarantineDaysMax = 30;

        /// <summary>A quote is kept for three years: a price is explained from what was stored.</summary>
        public const int QuoteDaysMax = 1_100;
    }

    /// <summary>Bounds on the private PostgreSQL cluster the program keeps in its data folder.</summary>
    public static class EmbeddedPostgres
    {
        /// <summary>Connections of all processes that share the cluster; several pools of <see cref="Database.PoolConnectionsMax"/>.</summary>
        public const int ConnectionsMax = 200;
        public const int SharedBuffersMb = 64;

        /// <summary>Bytes of a unix socket's path on Linux (108 with the terminating zero).</summary>
        public const int SocketPathBytesMax = 107;

        /// <summary>Creating the cluster, once.</summary>
        public const int InitSeconds = 120;

        /// <summary>From asking for the server to its first answer: crash recovery and orphaned back ends of a killed server included.</summary>
        public const int StartSeconds = 60;

        /// <summary>One pause between two looks at something that is not ready yet.</summary>
        public const int PollMs = 50;

        /// <summary>Fast shutdown (with its checkpoint); after that the immediate one, which the next start recovers from.</summary>
        public const int StopSeconds = 20;

        /// <summary>Waiting for another process that starts or stops the same cluster.</summary>
        public const int GateSeconds = 180;

        /// <summary>How often the keeper looks whether the server still runs, and its pause after a failed start.</summary>
        public const int KeeperMs = 500;
        public const int KeeperFailedMs = 5_000;

        /// <summary>Installing the Debian package.</summary>
        public const int InstallSeconds = 600;

        /// <summary>Small commands: id, chown, stat, psql-free probes.</summary>
        public const int CommandSeconds = 10;

        /// <summary>The server's log is set aside at a start once it is larger; one older log is kept.</summary>
        public const long LogBytesMax = 8L << 20;

        /// <summary>Characters of a command's output kept for a message.</summary>
        public const int OutputCharsMax = 4_000;
    }

    /// <summary>Bounds on the edge (REST, gRPC-web).</summary>
    public static class Edge
    {
        public const int JsonBodyBytesMax = 1 << 20;
        public const int HeaderBytesMax = 32 << 10;
        public const int ConcurrentConnectionsMax = 2_000;
        public const int UpstreamSecondsMax = 600;

        /// <summary>A unary call through the edge ends by then (the longest `wait` is half of it).</summary>
        public const int UnarySecondsMax = 60;

        /// <summary>One gRPC-web request message. The largest honest one is a price list document.</summary>
        public const int GrpcWebMessageBytesMax = 2 << 20;

        /// <summary>Bytes copied from the coordinator's answer at a time.</summary>
        public const int RelayBufferBytes = 16 << 10;

        /// <summary>Request headers of one call; browsers send about twenty.</summary>
        public const int HeaderCountMax = 100;
        public const int RequestHeadersSeconds = 15;

        /// <summary>A body slower than this for this long is refused, counted while we are willing to read.</summary>
        public const int BodyBytesPerSecondMin = 4 << 10;
        public const int BodyGraceSeconds = 10;

        /// <summary>Headers of the one part of a multipart upload.</summary>
        public const int MultipartHeaderBytesMax = 8 << 10;

        /// <summary>RFC 2046.</summary>
        public const int MultipartBoundaryCharsMax = 70;

        /// <summary>Nesting of a JSON body; a quote needs four.</summary>
        public const int JsonDepthMax = 32;

        /// <summary>A quote or model id in a URL.</summary>
        public const int ResourceIdCharsMax = 128;
        public const int PageTokenCharsMax = 2_048;

        public const int ConnectSeconds = 3;
        public const int ReadinessSeconds = 2;
        public const int KeepAlivePingSeconds = 15;

        /// <summary>What a client is told to wait when the platform gave no figure of its own.</summary>
        public const int RetryAfterSecondsDefault = 1;

        /// <summary>Browsers may keep a CORS preflight this long.</summary>
        public const int PreflightSecondsMax = 7_200;
    }

    /// <summary>Bounds on the partner SDK.</summary>
    public static class Client
    {
        /// <summary>Tries of one call, the first included; only UNAVAILABLE, and RESOURCE_EXHAUSTED with RetryInfo, are tried again.</summary>
        public const int AttemptsMax = 5;

        /// <summary>First pause between tries; doubled each time, with jitter, up to the longest.</summary>
        public const int RetryDelayMs = 100;
        public const int RetryDelayMsMax = 2_000;

        /// <summary>A unary call ends by then. Above the longest wait a quote may ask for.</summary>
        public const int CallSeconds = Quote.WaitSecondsMax + 30;

        /// <summary>Uploads of one client at the same time; further ones wait for their turn. Several clients share <see cref="Model.ConcurrentUploadsMax"/>.</summary>
        public const int UploadsMax = 16;

        /// <summary>An upload that moves no byte for this long is given up and tried again.</summary>
        public const int StallSeconds = 30;

        /// <summary>A platform that takes chunks from files it has is given this much time for it, besides the stall.</summary>
        public const int CopiedBytesPerSecondMin = 8 << 20;

        /// <summary>Connecting takes no longer.</summary>
        public const int ConnectSeconds = 5;
    }

    /// <summary>Bounds on the command line program.</summary>
    public static class Cli
    {
        /// <summary>Triangles of a text file that decoders are timed on.</summary>
        public const int BenchTextTrianglesMax = 1_000_000;

        /// <summary>Files of one call.</summary>
        public const int FilesMax = 10_000;

        /// <summary>One of the two buffers a file is measured through.</summary>
        public const int ReadBufferBytes = 1 << 20;

        /// <summary>A slicer's .ini file.</summary>
        public const int ProfileBytesMax = 1 << 20;

        /// <summary>A progress line rewrites itself no more often.</summary>
        public const int ProgressEveryMs = 100;

        /// <summary>Without a terminal nothing is said about work that ends sooner.</summary>
        public const int QuietMs = 2_000;

        /// <summary>Size and repetitions of <c>pricing bench</c>.</summary>
        public const int BenchTrianglesMax = 20_000_000;
        public const int BenchRepetitionsMax = 1_000;
        public const int BenchSecondsMax = 600;
        public const int BenchClientsMax = 1_000;
        public const int BenchFinishedMax = 20_000_000;

        /// <summary>A load: its rate, its length, the partners it comes from, what is unanswered at a time, the grain of its clock, the patience at its end.</summary>
        public const int LoadRateMax = 100_000;
        public const int LoadSecondsMax = 24 * 3_600;
        public const int LoadPartnersMax = 1_000;
        public const int LoadInFlightMax = 20_000;
        public const int LoadTickMs = 1;
        public const int LoadDrainSeconds = 60;

        /// <summary>One run of another program that ours is compared with; it is ended then, and said so.</summary>
        public const int PeerSeconds = 300;

        /// <summary>A fuzz run: its length, one file of it, and the memory of the process meanwhile.</summary>
        public const int FuzzMinutesMax = 24 * 60;
        public const int FuzzFileSeconds = 10;
        public const long FuzzMemoryBytesMax = 1L << 30;

        /// <summary>Largest file of a corpus folder that is mutated, and files kept that broke a decoder.</summary>
        public const int FuzzFileBytesMax = 1 << 20;
        public const int FuzzKeptMax = 100;

        /// <summary>Seeds of one simulation; a hundred thousand take about half an hour.</summary>
        public const int SimSeedsMax = 10_000_000;
    }

    /// <summary>Bounds on the chaos harness.</summary>
    public static class Chaos
    {
        public const int MinutesMax = 24 * 60;
        public const int Clients = 8;

        /// <summary>Peace before the first fault and after the last one.</summary>
        public const int WarmUpSeconds = 10;
        public const int CalmSeconds = 8;

        /// <summary>Everything accepted has ended by then: several leases, and a backlog on a slow machine.</summary>
        public const int QuiesceSeconds = 600;

        /// <summary>Between the beginnings of two faults; ten minutes hold at least fifty, three minutes at least fifteen.</summary>
        public const int GapMsMin = 5_000;
        public const int GapMsMax = 11_000;

        /// <summary>A target is left alone this long after a fault.</summary>
        public const int SettleMs = 4_000;

        /// <summary>One call, and so many times longer for a patient one; tries of one request, and the longest pause between two.</summary>
        public const int CallSeconds = 8;
        public const int PatienceFactor = 4;
        public const int TriesMax = 60;
        public const int RetryPauseMs = 600;

        /// <summary>One watch; how long it may be silent (its heartbeats come every five seconds).</summary>
        public const int WatchSeconds = 60;
        public const int SilenceSeconds = 15;

        /// <summary>The steady pulse on each coordinator: the longest pause between two rounds, and one call.</summary>
        public const int PulseMs = 150;
        public const int PulseSeconds = 3;

        /// <summary>Looks at one quote, and the longest pause between two.</summary>
        public const int LooksMax = 200;
        public const int LookPauseMs = 600;

        /// <summary>The longest pause of a client between two actions.</summary>
        public const int ThinkMs = 300;
        public const int OverheardMax = 100;
        public const int PingSeconds = 5;

        /// <summary>Ten times the usual rate, within these; calls under way at the same time.</summary>
        public const int OverloadPerSecondMin = 50;
        public const int OverloadPerSecondMax = 1_000;
        public const int OverloadInFlightMax = 1_000;

        /// <summary>With so little memory for a worker so large a model kills it, and a usual one does not.</summary>
        public const long WorkerMemoryBytes = 192L << 20;
        public const int PoisonTriangles = 1_200_000;

        /// <summary>Replies one fault may lose; keys of Redis one fault spoils.</summary>
        public const int RepliesLostMax = 8;
        public const int LossLooksMax = 50;
        public const int SpoiledKeysMax = 200;

        /// <summary>A process is ready by then, tried again after the pause; one that is asked to stop has stopped by then.</summary>
        public const int StartSeconds = 180;
        public const int StartPauseMs = 500;
        public const int DrainSeconds = 60;
        public const int PostgresStartsMax = 5;
        public const int PollMs = 20;

        public const int ProxyBacklog = 512;
        public const int ProxyBufferBytes = 64 << 10;

        /// <summary>Questions whose prices are worked out again, and the largest model of one.</summary>
        public const int OwnPricesMax = 100;
        public const int OwnPriceTrianglesMax = 3_000;

        /// <summary>Events of one history, kept in memory; bytes of one process's log.</summary>
        public const int EventsMax = 4_000_000;
        public const long LogBytesMax = 256L << 20;
    }
}
